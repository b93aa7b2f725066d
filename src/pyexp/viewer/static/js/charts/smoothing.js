// Owns the smoothing of a line: a debiased exponential moving average whose weight goes by the
// distance in x, so that a down-sampled line is smoothed as its full data would be.

const MOST_STEPS = 1000;

/**
 * Smooth `y` over `x` with `weight` in 0..1. Evenly spaced raw data gives the plain average of TensorBoard; gaps and
 * non-finite values pass through and do not disturb it. `whole` is the line this is a part of, `{span, total}`: its
 * width in x and how many points it represents; `seed` the smoothed value just before this part.
 */
export function smoothed(x, y, weight, whole = null, seed = null) {
  if (weight <= 0 || y.length < 2) return y;
  const out = new Float64Array(y.length);
  const span = (whole?.span ?? x[x.length - 1] - x[0]) || 1;
  const steps = Math.min(Math.max(whole?.total ?? 0, y.length), MOST_STEPS) - 1;
  let sum = seed ?? 0;
  let mass = seed === null ? 0 : 1;
  let before = x[0];
  for (let i = 0; i < y.length; i += 1) {
    if (!Number.isFinite(y[i])) {
      out[i] = y[i];
      continue;
    }
    const decay = weight ** (((x[i] - before) / span) * steps);
    before = x[i];
    sum = sum * decay + y[i] * (1 - weight);
    mass = mass * decay + (1 - weight);
    out[i] = sum / mass;
  }
  return out;
}
