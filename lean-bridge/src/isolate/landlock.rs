//! What a worker can reach of the file system, as a Landlock ruleset.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, Scope,
};

/// The newest version whose rights were looked at here: of an older kernel's, those that it knows.
const KNOWN: ABI = ABI::V7;

/// A ruleset under which only `read` (to read and to run) and `write` (to write too) are there.
pub(super) fn files(read: &[PathBuf], write: &[PathBuf]) -> Option<OwnedFd> {
    let ruleset = without_files()?.handle_access(AccessFs::from_all(KNOWN));
    let mut ruleset = ruleset.ok()?.create().ok()?;
    let reading = AccessFs::from_read(KNOWN);
    let writing = AccessFs::from_all(KNOWN) & !AccessFs::Execute;
    let roots = read.iter().map(|path| (path, reading));
    for (path, access) in roots.chain(write.iter().map(|path| (path, writing))) {
        // What is not there cannot be reached either.
        let Ok(opened) = PathFd::new(path) else {
            continue;
        };
        let access = if path.is_dir() {
            access
        } else {
            access & AccessFs::from_file(KNOWN)
        };
        ruleset = ruleset.add_rule(PathBeneath::new(opened, access)).ok()?;
    }
    ruleset.into()
}

/// A ruleset for the network and for signals alone, where this machine's Landlock knows them: a
/// process with rules for files may not mount, which `bwrap` has to.
pub(super) fn scope() -> Option<OwnedFd> {
    without_files()?.create().ok()?.into()
}

fn without_files() -> Option<Ruleset> {
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let network: BitFlags<AccessNet> = AccessNet::from_all(KNOWN);
    let ruleset = ruleset.handle_access(network).ok()?;
    ruleset.scope(Scope::from_all(KNOWN)).ok()
}
