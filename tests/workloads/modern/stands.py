"""The scenarios of parked.py that need the grammar of Python 3.6."""
import asyncio


def delegates(park):
    """Generators that hand over with `yield from`."""
    def source():
        yield 1
        park()

    def middle():
        yield from source()

    def top():
        return (yield from middle())

    for _ in top():
        pass


def awaits(park):
    """A chain of coroutines whose last one blocks the loop."""
    async def leaf():
        park()

    class Awaitable:
        def __await__(self):
            yield from leaf().__await__()

    class Manager:
        async def __aenter__(self):
            await Awaitable()

        async def __aexit__(self, *_):
            pass

    async def numbers():
        yield 1
        async with Manager():
            yield 2

    async def total():
        return [number async for number in numbers()]

    async def top():
        return await asyncio.ensure_future(total())

    run(top())


def loop(park):
    """Tasks asleep, and the loop in its selector."""
    async def nap():
        await asyncio.sleep(86400)

    async def top():
        await asyncio.gather(*(nap() for _ in range(5)))

    run(top())


def unicode(park):
    """Names of one, two and four bytes a letter."""
    def größe(длина):
        def 漢字():
            𠮷(длина)
        漢字()

    class Épée:
        def naïve(self, _):
            park()

    def 𠮷(_):
        (lambda ñ: Épée().naïve(ñ))(1)

    größe(1)


def run(coroutine):
    asyncio.new_event_loop().run_until_complete(coroutine)
