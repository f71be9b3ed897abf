#!/usr/bin/env python3
"""Answers chat requests on llama.cpp's server, with its default settings, at temperature 0.

usage: answers.py MODEL.gguf REQUESTS.jsonl [--threads N]
needs: pip install xllamacpp

A request a line: {"messages", "max_tokens"}. Prints a line for each, with "prompt_tokens" that had to be
computed, "first_token_ms", "answer_tokens", "total_ms" and the answer's "text".
"""
import argparse
import json

import xllamacpp as llama


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("requests")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    parameters = llama.CommonParams()
    parameters.model.path = arguments.model
    parameters.n_ctx = 8192
    parameters.cpuparams.n_threads = arguments.threads
    parameters.cpuparams_batch.n_threads = arguments.threads
    parameters.n_parallel = 1
    parameters.use_jinja = True
    server = llama.Server(parameters)
    with open(arguments.requests, encoding="utf-8") as requests:
        for line in requests:
            answer = server.handle_chat_completions({**json.loads(line), "temperature": 0})
            answer = answer if isinstance(answer, dict) else json.loads(answer)
            timings = answer["timings"]
            print(json.dumps({
                "prompt_tokens": timings["prompt_n"],
                "first_token_ms": timings["prompt_ms"],
                "answer_tokens": timings["predicted_n"],
                "total_ms": timings["prompt_ms"] + timings["predicted_ms"],
                "text": answer["choices"][0]["message"]["content"] or "",
            }, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
