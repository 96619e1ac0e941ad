"""The coroutines of tasks.py, which older Pythons cannot parse."""
import asyncio

from workload import COUNTER, Run

PAIRS = 5


class Turn:
    """An asynchronous context that lets the others have a go."""

    async def __aenter__(self):
        await asyncio.sleep(0)

    async def __aexit__(self, *_):
        pass


async def double(number):
    return number + number


async def quadruple(number):
    return await double(await double(number))


async def numbers(count):
    for number in range(count):
        if number % 16 == 0:
            async with Turn():
                pass
        yield number


async def produce(queue, count):
    async for number in numbers(count):
        await queue.put(await quadruple(number))
    await queue.put(None)


async def consume(queue):
    total = 0
    while True:
        number = await queue.get()
        if number is None:
            return total
        total += await double(number)


async def relay(count):
    """One round: the sum of all that was consumed."""
    queue = asyncio.Queue(maxsize=32)
    producers = [asyncio.ensure_future(produce(queue, count))
                 for _ in range(PAIRS)]
    totals = await asyncio.gather(*(consume(queue) for _ in range(PAIRS)))
    await asyncio.gather(*producers)
    return sum(totals)


async def keep_relaying(end, count, counters):
    rounds, right = 0, True
    while end.goes_on():
        total = await relay(count)
        right = right and total == PAIRS * 8 * count * (count - 1) // 2
        rounds += 1
        COUNTER.pack_into(counters, 0, rounds)
    return right, rounds


def run(count, seconds, counters):
    return asyncio.run(keep_relaying(Run(seconds), count, counters))
