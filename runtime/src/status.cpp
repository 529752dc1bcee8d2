// See status.h.
#include "runtime/src/status.h"

#include <cstdarg>
#include <cstdio>

namespace xf::rt {

// Long enough for a message with two paths of usual length; a longer one is
// cut, never lost.
static thread_local char lastErrorText[1024];

xf_status fail(xf_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  // A message may quote the one before it, so it is built beside it.
  char text[sizeof(lastErrorText)];
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  __builtin_memcpy(lastErrorText, text, sizeof(text));
  return status;
}

const char *lastError() { return lastErrorText; }

const char *statusName(xf_status status) {
  switch (status) {
  case XF_OK:
    return "ok";
  case XF_INVALID_ARGUMENT:
    return "invalid argument";
  case XF_INVALID_OFFSETS:
    return "invalid offsets";
  case XF_INVALID_ID:
    return "invalid id";
  case XF_TOO_LONG:
    return "too long";
  case XF_BUFFER_TOO_SMALL:
    return "buffer too small";
  case XF_OUT_OF_MEMORY:
    return "out of memory";
  case XF_UNSUPPORTED_CPU:
    return "unsupported cpu";
  case XF_WEIGHTS_NOT_FOUND:
    return "weights not found";
  case XF_WEIGHTS_INVALID:
    return "weights invalid";
  case XF_NOT_SUPPORTED:
    return "not supported";
  case XF_BUSY:
    return "busy";
  case XF_CANCELLED:
    return "cancelled";
  case XF_INTERNAL:
    return "internal error";
  case XF_INVALID_FEED:
    return "invalid feed";
  }
  return "unknown status";
}

} // namespace xf::rt
