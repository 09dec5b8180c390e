"""Model servers that distilabel starts, watches and ends: vLLM and SGLang."""
