// `xfc profile LIB`: where a library's time goes.
#pragma once

namespace xf {

/// Whether the command line asks for this command.
bool profileRequested();

/// Profiles the library that the command line names; returns an exit status.
int runProfile();

} // namespace xf
