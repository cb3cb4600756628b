#include "engine/scheduler.h"
