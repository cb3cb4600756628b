// Whether the receive windows of connections can be limited here: a kernel may
// take TCP_WINDOW_CLAMP and do nothing about it.
#pragma once

namespace engine::transfer {

// Tries it with a connection of this process to itself, on loopback. Where there
// is no such connection to be had it counts as possible. Takes some milliseconds.
bool CanLimitWindows();

}  // namespace engine::transfer
