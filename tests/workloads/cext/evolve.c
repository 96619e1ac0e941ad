/* evolve.c - a sweep of heat over a square, as a Python extension
 *
 * evolve(grid, new, size, sweeps, release) spreads the heat of one buffer of
 * doubles into the other, back and forth, and leaves the result in the first:
 * the number of sweeps is even. With release it lets go of the GIL meanwhile.
 */
#include <Python.h>

#define SPREAD 0.1

static double around(const double *grid, int size, int y, int x)
{
	int up = (y + size - 1) % size, down = (y + 1) % size;
	int left = (x + size - 1) % size, right = (x + 1) % size;

	return grid[up * size + x] + grid[down * size + x] +
	       grid[y * size + left] + grid[y * size + right] -
	       4 * grid[y * size + x];
}

__attribute__((noinline)) static void sweep(const double *grid, double *new,
					    int size)
{
	int y, x;

	for (y = 0; y < size; y++)
		for (x = 0; x < size; x++)
			new[y * size + x] = grid[y * size + x] +
					    SPREAD *around(grid, size, y, x);
}

__attribute__((noinline)) static void evolve(double *grid, double *new,
					     int size, int sweeps)
{
	for (; sweeps > 0; sweeps -= 2) {
		sweep(grid, new, size);
		sweep(new, grid, size);
	}
}

static int fits(const Py_buffer *grid, const Py_buffer *new, int size)
{
	Py_ssize_t bytes = (Py_ssize_t)size * size * sizeof(double);

	return size > 0 && size < 30000 && grid->len == bytes &&
	       new->len == bytes;
}

static PyObject *py_evolve(PyObject *self, PyObject *args)
{
	int size, sweeps, release, good;
	Py_buffer grid, new;

	(void)self;
	if (!PyArg_ParseTuple(args, "w*w*iii", &grid, &new, &size, &sweeps,
			      &release))
		return NULL;
	good = fits(&grid, &new, size) && sweeps % 2 == 0;
	if (good && release) {
		Py_BEGIN_ALLOW_THREADS
		evolve(grid.buf, new.buf, size, sweeps);
		Py_END_ALLOW_THREADS
	} else if (good) {
		evolve(grid.buf, new.buf, size, sweeps);
	}
	PyBuffer_Release(&grid);
	PyBuffer_Release(&new);
	if (!good) {
		PyErr_SetString(PyExc_ValueError, "odd sizes");
		return NULL;
	}
	Py_RETURN_NONE;
}

static PyMethodDef methods[] = { { "evolve", py_evolve, METH_VARARGS,
				   "spread the heat" },
				 { NULL, NULL, 0, NULL } };

#if PY_MAJOR_VERSION < 3
PyMODINIT_FUNC initevolve(void)
{
	Py_InitModule("evolve", methods);
}
#else
static struct PyModuleDef module = { PyModuleDef_HEAD_INIT,
				     "evolve",
				     NULL,
				     -1,
				     methods,
				     NULL,
				     NULL,
				     NULL,
				     NULL };

PyMODINIT_FUNC PyInit_evolve(void)
{
	return PyModule_Create(&module);
}
#endif
