"""Short calls without end: the programs on which cheap samplers lie.

`chains` calls two chains of five functions in turn, from two lines.
`tree` is the Fibonacci tree in which every level is a function of its own
that makes its two calls on two lines: a torn stack cannot look right by luck.

A correct profile of `chains` never mixes red and blue, with `alternate` at
the line of the colour above it. In `tree` a level is called only by the two
levels above it: by line 1 of level n+1 and by line 2 of level n+2.
"""
from workload import Run, finish, options


def red_1():
    return red_2() + 1


def red_2():
    return red_3() + 1


def red_3():
    return red_4() + 1


def red_4():
    return red_5() + 1


def red_5():
    return 1


def blue_1():
    return blue_2() + 2


def blue_2():
    return blue_3() + 2


def blue_3():
    return blue_4() + 2


def blue_4():
    return blue_5() + 2


def blue_5():
    return 2


def alternate(rounds):
    """Add 5 from the red chain and 10 from the blue one in each round."""
    total = 0
    while rounds:
        total += red_1()
        total += blue_1()
        rounds -= 1
    return total


def level_0():
    return 0


def level_1():
    return 1


def level_2():
    total = level_1()
    total += level_0()
    return total


def level_3():
    total = level_2()
    total += level_1()
    return total


def level_4():
    total = level_3()
    total += level_2()
    return total


def level_5():
    total = level_4()
    total += level_3()
    return total


def level_6():
    total = level_5()
    total += level_4()
    return total


def level_7():
    total = level_6()
    total += level_5()
    return total


def level_8():
    total = level_7()
    total += level_6()
    return total


def level_9():
    total = level_8()
    total += level_7()
    return total


def level_10():
    total = level_9()
    total += level_8()
    return total


def level_11():
    total = level_10()
    total += level_9()
    return total


def level_12():
    total = level_11()
    total += level_10()
    return total


def level_13():
    total = level_12()
    total += level_11()
    return total


def level_14():
    total = level_13()
    total += level_12()
    return total


def level_15():
    total = level_14()
    total += level_13()
    return total


def level_16():
    total = level_15()
    total += level_14()
    return total


def level_17():
    total = level_16()
    total += level_15()
    return total


def level_18():
    total = level_17()
    total += level_16()
    return total


def chains():
    return alternate(2000) == 2000 * 15


def tree():
    return level_18() == 2584


def main():
    args = options(
        __doc__,
        ("program", ("both", "chains", "tree"), "what to run"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    programs = [program for program in (chains, tree)
                if args.program in ("both", program.__name__)]

    run = Run(args.seconds)
    rounds, right = 0, True
    while run.goes_on():
        for program in programs:
            right = program() and right
        rounds += 1
    finish(right, "%d rounds of %s, every sum as expected" % (
        rounds, " and ".join(program.__name__ for program in programs)))


if __name__ == "__main__":
    main()
