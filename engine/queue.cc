#include "engine/queue.h"
