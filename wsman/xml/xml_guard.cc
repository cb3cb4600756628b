#include "wsman/xml/xml_guard.h"
