"""A paced server that never ends: something to attach to.

A TCP server on the loopback takes lines like `primes 20000`, `words 6000`
and `mandel 60`, and answers with a number. Its own client asks, in turn and
on a fixed beat, and checks every answer.

A correct profile shows `handle` with `answer` and one of `count_primes`,
`count_words` and `count_inside` below it, for less than half of
the time; `keep_asking` sleeps between its beats, `serve_forever` waits in
select or poll.
"""
import socket
import threading
import time

from workload import Run, finish, now, options

try:
    import socketserver
except ImportError:
    import SocketServer as socketserver

TEXT = "the quick brown fox jumps over the lazy dog while the cat sleeps"


def is_prime(number):
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 1
    return number > 1


def count_primes(limit):
    """The primes up to the limit."""
    return sum(1 for number in range(limit + 1) if is_prime(number))


def count_words(copies):
    """How often the commonest word stands in so many copies of a text."""
    counts = {}
    for _ in range(copies):
        for word in TEXT.split():
            counts[word] = counts.get(word, 0) + 1
    return max(counts.values())


def stays_inside(point):
    z, rounds = 0j, 0
    while rounds < 50:
        z = z * z + point
        if abs(z) > 2:
            return False
        rounds += 1
    return True


def count_inside(width):
    """The cells of a square grid that lie in the Mandelbrot set."""
    step = 3.0 / width
    return sum(stays_inside(complex(-2 + step * x, -1.5 + step * y))
               for y in range(width) for x in range(width))


ROUTES = {"primes": count_primes, "words": count_words,
          "mandel": count_inside}
REQUESTS = (("primes 20000", 2262), ("words 6000", 18000),
            ("mandel 60", 644))


def answer(request):
    name, size = request.split()
    return ROUTES[name](int(size))


class Handler(socketserver.StreamRequestHandler):
    """One connection: a request per line, an answer per line."""

    def handle(self):
        for line in self.rfile:
            number = answer(line.decode("ascii"))
            self.wfile.write(b"%d\n" % number)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Client(threading.Thread):
    """Asks on a beat until it is told to end, and counts."""

    def __init__(self, address, rate):
        super(Client, self).__init__(name="client")
        self.daemon = True
        self.address = address
        self.beat = 1.0 / rate
        self.answers = self.wrong = 0

    def run(self):
        connection = socket.create_connection(self.address)
        self.keep_asking(connection, connection.makefile("rb"))

    def keep_asking(self, connection, replies):
        due = now()
        while True:
            request, expected = REQUESTS[self.answers % len(REQUESTS)]
            connection.sendall(request.encode("ascii") + b"\n")
            self.wrong += int(replies.readline()) != expected
            self.answers += 1
            due = max(due + self.beat, now())
            time.sleep(max(0, due - now()))


def main():
    args = options(
        __doc__,
        ("--seconds", 0.0, "how long to run, 0 for ever"),
        ("--rate", 40.0, "requests per second of each client"),
        ("--clients", 1, "how many clients"),
        ("--port", 0, "where to listen, 0 for any free port"))
    server = Server(("127.0.0.1", args.port), Handler)
    serving = threading.Thread(target=server.serve_forever, name="server")
    serving.daemon = True
    serving.start()
    clients = [Client(server.server_address, args.rate)
               for _ in range(args.clients)]
    for client in clients:
        client.start()

    run = Run(args.seconds, ", port %d" % server.server_address[1])
    run.sleep()
    answers = sum(client.answers for client in clients)
    wrong = sum(client.wrong for client in clients)
    finish(answers and not wrong, "%d answers, %d wrong" % (answers, wrong))


if __name__ == "__main__":
    main()
