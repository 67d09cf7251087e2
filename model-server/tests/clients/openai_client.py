"""Drives OpenAI's Python client against a running model server: its URL is the argument."""

import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", max_retries=0)
model = client.models.list().data[0].id
assert client.models.retrieve(model).id == model

answer = client.completions.create(
    model=model, prompt="⊢ p", n=3, seed=1, max_tokens=12, logprobs=2, temperature=0.8
)
assert [c.index for c in answer.choices] == [0, 1, 2]
assert answer.usage.prompt_tokens == len("⊢ p".encode())
for choice in answer.choices:
    assert choice.finish_reason in ("stop", "length")
    assert len(choice.logprobs.token_logprobs) == choice.num_tokens
    assert abs(sum(choice.logprobs.token_logprobs) - choice.cumulative_logprob) < 1e-9

pieces = client.completions.create(
    model=model, prompt="⊢ p", n=3, seed=1, max_tokens=12, temperature=0.8, stream=True
)
streamed = ["", "", ""]
for chunk in pieces:
    for choice in chunk.choices:
        streamed[choice.index] += choice.text
assert streamed == [c.text for c in answer.choices], streamed

child = client.completions.create(
    model=model, prompt="q", seed=2, max_tokens=8, extra_body={"parent_state_id": answer.state_id}
)
whole = client.completions.create(model=model, prompt="⊢ pq", seed=2, max_tokens=8)
assert child.choices[0].text == whole.choices[0].text
assert child.usage.prompt_tokens_details.cached_tokens == answer.usage.prompt_tokens

messages = [{"role": "system", "content": "Prove."}, {"role": "user", "content": "⊢ p"}]
chat = client.chat.completions.create(
    model=model, messages=messages, n=2, seed=3, max_tokens=9, logprobs=True, top_logprobs=2
)
assert chat.choices[0].message.role == "assistant"
assert len(chat.choices[0].logprobs.content[0].top_logprobs) == 2
streamed = ["", ""]
for chunk in client.chat.completions.create(
    model=model, messages=messages, n=2, seed=3, max_tokens=9, stream=True,
    stream_options={"include_usage": True},
):
    for choice in chunk.choices:
        streamed[choice.index] += choice.delta.content or ""
    last = chunk
assert streamed == [c.message.content for c in chat.choices]
assert last.usage.completion_tokens == chat.usage.completion_tokens

for wrong, body in [
    (openai.NotFoundError, {"model": "another", "prompt": "a"}),
    (openai.BadRequestError, {"model": model, "prompt": "a", "temperature": -1}),
    (openai.NotFoundError, {"model": model, "prompt": "a", "extra_body": {"parent_state_id": "x"}}),
]:
    try:
        client.completions.create(**body)
    except wrong as error:
        assert error.code and error.message
    else:
        raise AssertionError(body)
print("all as expected")
