/* vec.c - how the arrays of VEC() grow
 *
 * By half again, at least to eight items. The pointer is read and written with
 * memcpy: it belongs to an array of another type.
 */
#include "cprof/base.h"

#include <stdlib.h>
#include <string.h>

static int enlarge(char **data, uint32_t *room, size_t size)
{
	size_t wanted = MAX((size_t)*room + *room / 2, (size_t)8);
	char *bigger;

	if (wanted > UINT32_MAX || wanted > SIZE_MAX / 2 / size)
		return ERR_NOMEM;
	bigger = realloc(*data, wanted * size);
	if (!bigger)
		return ERR_NOMEM;
	memset(bigger + *room * size, 0, (wanted - *room) * size);
	*data = bigger;
	*room = (uint32_t)wanted;
	return 0;
}

int vec_grow(void **items, uint32_t count, uint32_t *room, size_t size)
{
	char *data;
	int err;

	memcpy(&data, items, sizeof(data));
	if (count == *room) {
		err = enlarge(&data, room, size);
		if (err)
			return err;
		memcpy(items, &data, sizeof(data));
	}
	/* used before, when the owner has shortened the array */
	memset(data + count * size, 0, size);
	return 0;
}

void *vec_add(void **items, uint32_t *count, uint32_t *room, size_t size)
{
	char *data;

	if (vec_grow(items, *count, room, size))
		return NULL;
	memcpy(&data, items, sizeof(data));
	return data + (*count)++ * size;
}
