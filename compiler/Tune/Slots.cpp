// Crosses the workload with the table of candidates, and strikes what the
// records answer.
#include "compiler/Tune/Slots.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace xf::tune {

bool Slot::isKnown() const {
  return std::all_of(candidates.begin(), candidates.end(),
                     [](const SlotCandidate &c) { return c.known; });
}

static bool answers(const targets::Record &record, const WorkKernel &kernel,
                    int64_t rows, const KnownBy &by) {
  if (record.method != targets::recordMethod || record.disturbed ||
      record.rows != rows || record.kernel != kernel.key ||
      record.math != kernel.desc.math || record.cpu.id() != by.cpu)
    return false;
  return record.status == targets::RecordStatus::Ok ||
         (record.xfc == by.xfc && record.halide == by.halide);
}

std::vector<Slot> findSlots(const Workload &work,
                            const targets::Machine &machine,
                            const std::vector<targets::ShapeClass> &classes,
                            const std::vector<targets::Record> &records,
                            const KnownBy &by) {
  std::vector<Slot> slots;
  for (const targets::ShapeClass &shape : classes) {
    std::vector<Slot> found;
    double whole = 0;
    for (size_t k = 0; k < work.kernels.size(); ++k) {
      const WorkKernel &kernel = work.kernels[k];
      if (!work.isMet(k, shape))
        continue;
      Slot slot;
      slot.kernel = k;
      slot.machine = &machine;
      slot.shape = shape;
      slot.importance = work.expectedSeconds(k, work.batchOf(shape));
      whole += slot.importance;
      std::vector<std::pair<double, size_t>> fastest; // score, candidate
      for (targets::Config &config :
           targets::candidates(kernel.desc, machine, shape)) {
        SlotCandidate candidate;
        for (const targets::Record &record : records)
          if (record.config == config &&
              answers(record, kernel, shape.rows, by)) {
            candidate.known = true;
            if (record.status == targets::RecordStatus::Ok)
              fastest.push_back(
                  {std::sqrt(record.one.relative * record.all.relative),
                   slot.candidates.size()});
          }
        candidate.config = std::move(config);
        slot.candidates.push_back(std::move(candidate));
      }
      if (!fastest.empty())
        slot.candidates[std::min_element(fastest.begin(), fastest.end())
                            ->second]
            .again = true;
      found.push_back(std::move(slot));
    }
    for (Slot &slot : found)
      slot.importance /= whole > 0 ? whole : 1;
    std::sort(found.begin(), found.end(), [](const Slot &a, const Slot &b) {
      return a.importance != b.importance ? a.importance > b.importance
                                          : a.kernel < b.kernel;
    });
    std::move(found.begin(), found.end(), std::back_inserter(slots));
  }
  return slots;
}

} // namespace xf::tune
