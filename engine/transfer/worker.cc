#include "engine/transfer/worker.h"
