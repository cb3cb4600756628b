#include "engine/path_map.h"
