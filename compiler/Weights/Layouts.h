// Checkpoint layouts: tables from the logical tensors of a model to the tensors
// of a file, with a transform each. Plain data; nothing here opens a file.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace xf::weights {

/// How stored values become the effective ones of a logical tensor.
enum class Transform {
  None,
  StackGain, ///< plus one, if the file's gains are stored minus one
  Positions, ///< times width^-1/2, what x-transformers does in forward
};

/// How the numbers (`#`) of the two names of an entry relate. Logical names
/// count sublayers, attention and feedforward in turn.
enum class Numbering {
  Same,
  AttentionOfBlock,   ///< sublayer 2b is the attention of block b
  FeedforwardOfBlock, ///< sublayer 2b + 1 is its feedforward
};

/// One line of a table. In the names, one `#` stands for a number and one `*`
/// for any text, the same on both sides. `legacy` is another name that the same
/// tensor may have, or empty.
struct LayoutEntry {
  llvm::StringLiteral logical, file, legacy;
  Numbering numbering;
  Transform transform;
};

/// A tensor that files of the layout hold and that no model here needs; the
/// name may end in `*`.
struct IgnoredTensor {
  llvm::StringLiteral name, reason;
};

/// One side of a model with several: names of its logical tensors begin with
/// `logical`, those of the file's with `file`.
struct Tower {
  llvm::StringLiteral logical, file;
};

struct Layout {
  llvm::StringLiteral name;
  /// Files may put this in front of every name (`bert.`); empty if not.
  llvm::StringLiteral prefix;
  llvm::ArrayRef<LayoutEntry> entries;
  llvm::ArrayRef<IgnoredTensor> ignored;
  llvm::ArrayRef<Tower> towers = {};
  /// A component of names that says nothing (`fn`), and the prefix of the
  /// stack's tensors, which a file of a bare stack leaves out; or empty.
  llvm::StringLiteral silentComponent = "", stackPrefix = "";
};

/// All layouts; `findLayout` returns null for a name that is none of theirs.
llvm::ArrayRef<Layout> allLayouts();
const Layout *findLayout(llvm::StringRef name);

/// Where a logical tensor is to be found; `legacy` may be empty.
struct FileTensor {
  std::string name, legacy;
  Transform transform;
};

/// The file's name (without prefix) of logical tensor `logical`, if the layout
/// has a place for it.
std::optional<FileTensor> fileTensorOf(const Layout &layout,
                                       llvm::StringRef logical);
/// The logical name of the file's tensor `file` (without prefix), if known.
std::optional<std::string> logicalNameOf(const Layout &layout,
                                         llvm::StringRef file);
/// The file's name `file` as the tables have it: without components that say
/// nothing, and with the prefix that a bare stack leaves out.
std::string plainName(const Layout &layout, llvm::StringRef file,
                      bool isBareStack);
/// Why `file` (without prefix) may be left unused, or null if it may not.
const IgnoredTensor *findIgnored(const Layout &layout, llvm::StringRef file);

} // namespace xf::weights
