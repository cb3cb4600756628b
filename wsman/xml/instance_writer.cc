#include "wsman/xml/instance_writer.h"
