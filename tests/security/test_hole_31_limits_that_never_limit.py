"""The shared limiter forgot the current window instead of the one before, and so never limited."""

QUOTE = "/api/images_mvp/quote"
LIMIT = 30


async def test_the_thirty_first_quote_of_a_minute_is_refused_and_so_is_the_next(browser) -> None:
    http, neighbour = await browser(), await browser()

    answers = [await http.post(QUOTE, json={}) for _ in range(LIMIT + 3)]
    other = await neighbour.post(QUOTE, json={})

    assert [answer.status_code for answer in answers] == [200] * LIMIT + [429] * 3
    left = [int(answer.headers["x-ratelimit-remaining"]) for answer in answers]
    assert left == [*range(LIMIT - 1, -1, -1), 0, 0, 0]
    refused = answers[-1]
    assert refused.json()["error"] == "Too many requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert other.status_code == 200


async def test_a_session_or_a_cookie_of_ones_choice_opens_no_new_window(browser) -> None:
    http = await browser()
    answers = []
    for number in range(LIMIT + 1):
        headers = {"X-Session-Id": f"session-{number}", "Cookie": f"sessionId={number}"}
        answers.append(await http.post(QUOTE, json={}, headers=headers))

    assert answers[-1].status_code == 429
