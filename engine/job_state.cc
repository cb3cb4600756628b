#include "engine/job_state.h"
