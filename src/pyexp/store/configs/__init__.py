"""The configs of a batch's runs: each in its folder's ``config.json``, and all once more in ``configs.jsonl``."""
