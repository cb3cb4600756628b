#include "engine/retry_policy.h"
