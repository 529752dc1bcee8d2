// Status codes with a text: the calling thread's last failure, kept in
// thread-local storage of fixed size, so that reporting an error cannot fail.
#pragma once

#include "xf/xf.h"

namespace xf::rt {

/// Records the formatted text as the thread's last error and returns `status`.
[[nodiscard]] xf_status fail(xf_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// The thread's last error; "" before the first.
const char *lastError();

/// A few lower-case words for a code; "unknown status" for one that is none.
const char *statusName(xf_status status);

} // namespace xf::rt

/// Returns the status of `expression` from the enclosing function unless it is
/// XF_OK.
#define XF_RETURN_IF_ERROR(expression)                                         \
  do {                                                                         \
    if (xf_status statusOfExpression = (expression);                           \
        statusOfExpression != XF_OK)                                           \
      return statusOfExpression;                                               \
  } while (false)
