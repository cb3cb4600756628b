#include "engine/transfer/disk.h"
