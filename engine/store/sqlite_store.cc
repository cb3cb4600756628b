#include "engine/store/sqlite_store.h"
