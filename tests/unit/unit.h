/* unit.h - what every unit test needs: cmocka, its prerequisites, a test with a
 * set_up and a tear_down of its own file
 */
#ifndef CPROF_TESTS_UNIT_H
#define CPROF_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
