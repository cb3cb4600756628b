#include "engine/store/writer.h"
