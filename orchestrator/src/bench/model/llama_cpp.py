"""llama.cpp through `xllamacpp`, for `lakatos bench model`: MODEL THREADS TOKENS POSITION.

Each line of standard input is a number of sequences; the answer is how many tokens a second they are decoded at together.
"""

import concurrent.futures
import json
import sys

import xllamacpp

path, threads, tokens, position = sys.argv[1], *map(int, sys.argv[2:5])
MOST = 8

params = xllamacpp.CommonParams()
params.model.path = path
params.n_parallel = MOST
params.n_ctx = MOST * (position + tokens + 64)
params.cpuparams.n_threads = threads
params.cpuparams_batch.n_threads = threads
params.n_gpu_layers = 0
params.warmup = True
params.verbosity = -1
server = xllamacpp.Server(params)


def ask(slot):
    """Decodes in one place; what the server says of its time."""
    answer = server.handle_completions({
        "prompt": [(7 * i + 13) % 1000 + 100 for i in range(position)],
        "n_predict": tokens,
        "max_tokens": tokens,
        "temperature": 0,
        "ignore_eos": True,
        "cache_prompt": True,
        "id_slot": slot,
    })
    if isinstance(answer, str):
        answer = json.loads(answer)
    return answer["timings"]


def together(sequences):
    with concurrent.futures.ThreadPoolExecutor(sequences) as pool:
        times = list(pool.map(ask, range(sequences)))
    decoded = sum(t["predicted_n"] for t in times)
    return decoded / max(t["predicted_ms"] for t in times) * 1000


# Prompts are read once; later turns find them.
together(MOST)
print(json.dumps({"ready": True, "system": xllamacpp.get_system_info()}), flush=True)
for line in sys.stdin:
    print(json.dumps({"tokens_per_second": together(int(line))}), flush=True)
