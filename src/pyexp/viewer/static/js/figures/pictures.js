// Owns the fetching of pictures: with the token, shown by blob URLs that are revoked later.

import { getBlob } from "../model/api.js";

const KEPT = 200;

const cache = new Map(); // key -> {url, users}

/**
 * Fetch the picture in `place`, logged at `time`, as `{key, url}` with a blob URL; call `releasePicture(key)` when it
 * is no longer shown.
 */
export async function takePicture(place, time, signal) {
  const key = [...Object.values(place), time].join(); // a retried run may log another picture in the same place
  let held = cache.get(key);
  if (!held) {
    const blob = await getBlob("/api/picture", place, signal);
    held = cache.get(key) ?? { url: URL.createObjectURL(blob), users: 0 };
  }
  cache.delete(key);
  cache.set(key, held); // the newest comes last
  held.users += 1;
  return { key, url: held.url };
}

export function releasePicture(key) {
  const held = cache.get(key);
  if (held) held.users -= 1;
  for (const [other, { url, users }] of cache) {
    if (cache.size <= KEPT) return;
    if (users > 0) continue;
    URL.revokeObjectURL(url);
    cache.delete(other);
  }
}
