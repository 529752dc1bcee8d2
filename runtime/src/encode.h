// The calls that run a model over a batch: checks, pieces, results.
#pragma once

#include "runtime/src/session.h"

namespace xf::rt {

xf_status encode(xf_session *session, const xf_batch *batch, float *out,
                 size_t outCapacity);
xf_status states(xf_session *session, const xf_batch *batch, float *out,
                 size_t outCapacity);
/// See run in xf.h.
xf_status run(xf_session *session, const char *name, const xf_batch *batch,
              const xf_feed *feeds, size_t numFeeds, float *out,
              size_t outCapacity);
xf_status checkRows(xf_session *session, const xf_batch *batch);

} // namespace xf::rt
