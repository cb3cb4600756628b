#include "engine/fd.h"

#include <unistd.h>

namespace engine {

void Fd::Reset(int number) {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

}  // namespace engine
