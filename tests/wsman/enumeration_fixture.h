// Enumerations of the sensors.
#pragma once

#include <string>
#include <string_view>

#include "service_fixture.h"

namespace wsman {

class EnumerationTest : public ServiceTest {};

// An Enumerate whose reply has the first items.
inline Message Optimized(std::string_view more = {}) {
  return Enumeration(
      "Enumerate", "<n:Enumerate><w:OptimizeEnumeration/>" + std::string(more) + "</n:Enumerate>");
}

// How many sensors the reply has.
inline std::size_t Sensors(const std::string& reply) { return Count(reply, "<p:TestSensor "); }

}  // namespace wsman
