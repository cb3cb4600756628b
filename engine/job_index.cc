#include "engine/job_index.h"
