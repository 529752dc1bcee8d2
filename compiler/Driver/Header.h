// The small C header that goes with a library: NAME.h.
#pragma once

#include "compiler/Driver/Summary.h"

#include <string>

namespace xf {

/// C11 text that declares `xf_get_api_NAME` and the model's constants; includes
/// only xf/xf.h. `library` is the file that its comment tells to link.
std::string generateHeader(const ModelSummary &model,
                           const std::string &library);

} // namespace xf
