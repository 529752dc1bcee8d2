// The calls that run a model over a batch: checks, pieces, results.
#pragma once

#include "runtime/src/session.h"

namespace xf::rt {

xf_status encode(xf_session *session, const xf_batch *batch, float *out,
                 size_t outCapacity);
xf_status states(xf_session *session, const xf_batch *batch, float *out,
                 size_t outCapacity);
xf_status checkRows(xf_session *session, const xf_batch *batch);

} // namespace xf::rt
