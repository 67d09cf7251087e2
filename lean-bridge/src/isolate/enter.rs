//! How a process enters its confinement: between `fork` and `exec`, in the child.
//!
//! Another way would be a helper program that confines itself and then runs Lean; but this crate is a
//! library, and a library has no program of its own to rely on. So the rules are made in the parent
//! ([`Rules`]), where memory may be allocated and errors have words, and the child makes system calls
//! only. This is the one module of the crate with `unsafe` code.

#![expect(
    unsafe_code,
    reason = "system calls in a forked child, for which the standard library has no safe way"
)]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use libc::{c_char, c_long};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seccompiler::BpfProgram;

/// Bytes of stack: what `guard.sh` asks for, and more than Node is told to use.
const STACK: u64 = 64 << 20;
/// Seconds of processor time of one process. Deadlines end a request long before; this ends what
/// nobody ends. A worker that has worked so long is replaced like one that died.
const CPU_SECONDS: u64 = 6 * 3600;

/// What a child takes on before it becomes the worker.
pub(super) struct Rules {
    /// A Landlock ruleset.
    pub ruleset: Option<OwnedFd>,
    /// A seccomp filter; absent where `bwrap` loads it, after it has made the namespaces.
    pub filter: Option<BpfProgram>,
    /// A file that the child inherits: the filter, for `bwrap` to load.
    pub inherited: Option<OwnedFd>,
    /// Whether to give up root's capabilities; `bwrap` needs them, and drops them itself.
    pub drop_capabilities: bool,
    /// Bytes of memory that are the process's own.
    pub data: u64,
    /// Whether files can be written at all.
    pub writes: bool,
}

/// What [`Rules`] become once nothing needs to be allocated any more.
struct Prepared {
    rules: Rules,
    limits: Vec<(Resource, Rlimit)>,
    watch: Watch,
}

/// Makes the command's process take on the rules before it runs the command's program. Where one
/// cannot be taken on, the command does not start.
pub(super) fn under(command: &mut Command, rules: Rules) {
    let prepared = Prepared::new(rules);
    // SAFETY: `enter` makes system calls only: it neither allocates nor takes a lock.
    unsafe { command.pre_exec(move || prepared.enter(true)) };
}

/// What a process under the rules gets done nevertheless, as a sum of [`attempts`]; or the error that
/// kept it from entering. Nothing is run.
pub(super) fn tried(rules: Rules, read: CString, write: Vec<CString>) -> io::Result<u8> {
    let prepared = Prepared::new(rules);
    // Nothing of this name is run: the answer comes in place of it.
    let mut command = Command::new("/");
    let attempt = move || {
        prepared.enter(false)?;
        let done = attempts::all(&read, &write);
        Err(io::Error::from_raw_os_error(
            attempts::ANSWER | i32::from(done),
        ))
    };
    // SAFETY: `enter` and `attempts::all` make system calls only, and an error that is a number does
    // not allocate.
    unsafe { command.pre_exec(attempt) };
    match command.spawn() {
        Ok(mut child) => {
            child.wait()?;
            Err(io::Error::other("the attempts gave no answer"))
        }
        Err(error) => match error.raw_os_error() {
            Some(n) if n & !0xff == attempts::ANSWER => Ok((n & 0xff) as u8),
            _ => Err(error),
        },
    }
}

impl Prepared {
    fn new(rules: Rules) -> Self {
        let most = |resource, wanted: u64| {
            let hard = getrlimit(resource).maximum;
            let current = Some(hard.map_or(wanted, |hard| hard.min(wanted)));
            (resource, current, hard)
        };
        // What stands lower stays lower; and what a process could lift again is lowered for good.
        let fixed = |resource, wanted| {
            let (resource, current, _) = most(resource, wanted);
            let maximum = current;
            (resource, Rlimit { current, maximum })
        };
        let (stack, current, maximum) = most(Resource::Stack, STACK);
        let mut limits = vec![
            (stack, Rlimit { current, maximum }),
            fixed(Resource::Core, 0),
            fixed(Resource::Data, rules.data),
            fixed(Resource::Cpu, CPU_SECONDS),
            fixed(Resource::Memlock, 0),
            fixed(Resource::Msgqueue, 0),
        ];
        if !rules.writes {
            limits.push(fixed(Resource::Fsize, 0));
        }
        Self {
            rules,
            limits,
            watch: Watch::new(),
        }
    }

    fn enter(&self, watched: bool) -> io::Result<()> {
        if watched {
            self.watch.start()?;
        }
        only_standard_streams(self.rules.inherited.as_ref().map(AsRawFd::as_raw_fd))?;
        for (resource, limit) in &self.limits {
            setrlimit(*resource, *limit)?;
        }
        rustix::thread::set_no_new_privs(true)?;
        if let Some(ruleset) = &self.rules.ruleset {
            restrict(ruleset.as_raw_fd())?;
        }
        if self.rules.drop_capabilities {
            drop_capabilities()?;
        }
        if let Some(filter) = &self.rules.filter {
            let applied = seccompiler::apply_filter(filter);
            applied.map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
        }
        Ok(())
    }
}

/// Landlock's version on this machine, where it is on.
pub(super) fn landlock_version() -> Option<u32> {
    const VERSION: c_long = 1; // LANDLOCK_CREATE_RULESET_VERSION
    let nothing: *const libc::c_void = std::ptr::null();
    // SAFETY: with this flag the call takes no memory, and answers a number.
    let answer =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0_usize, VERSION) };
    check(answer).ok()?.try_into().ok()
}

/// A system call that answers -1 for an error.
fn check(answer: c_long) -> io::Result<c_long> {
    if answer == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}

/// Has every other descriptor closed when the program is run: one that was left open by mistake
/// would be a way around all rules.
fn only_standard_streams(but: Option<RawFd>) -> io::Result<()> {
    let to_close = c_long::from(libc::CLOSE_RANGE_CLOEXEC as i32);
    // SAFETY: the call marks descriptors and touches no memory.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, to_close) };
    check(closed)?;
    if let Some(fd) = but {
        // SAFETY: as above; a second process of the same command reads the file from its start.
        unsafe {
            check(libc::fcntl(fd, libc::F_SETFD, 0).into())?;
            check(libc::lseek(fd, 0, libc::SEEK_SET) as c_long)?;
        }
    }
    Ok(())
}

/// Enters a Landlock ruleset, in which the process's own directory of `/proc` can be read: C libraries
/// look there for the bounds of the stack.
fn restrict(ruleset: RawFd) -> io::Result<()> {
    const READ: u64 = 0b1100; // LANDLOCK_ACCESS_FS_READ_FILE and _READ_DIR
    const PATH_BENEATH: c_long = 1;
    #[repr(C, packed)]
    struct Beneath {
        allowed: u64,
        parent: i32,
    }
    // SAFETY: the path is a C string, and `beneath` has the kernel's layout and outlives the call.
    unsafe {
        let flags = libc::O_PATH | libc::O_CLOEXEC;
        let own = libc::open(c"/proc/self".as_ptr(), flags);
        if own >= 0 {
            let beneath = Beneath {
                allowed: READ,
                parent: own,
            };
            let added = libc::syscall(
                libc::SYS_landlock_add_rule,
                ruleset,
                PATH_BENEATH,
                &raw const beneath,
                0,
            );
            libc::close(own);
            // A ruleset without rules for files takes none, and needs none.
            let _ = added;
        }
        check(libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0)).map(drop)
    }
}

/// Gives up every capability for good, where the process is root.
fn drop_capabilities() -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        // Without new privileges, no other user's program can gain any.
        return Ok(());
    }
    for capability in 0..64 {
        // SAFETY: the call takes numbers only.
        let dropped =
            unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability as libc::c_ulong, 0, 0, 0) };
        match check(dropped.into()) {
            // There are no more than so many.
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) => break,
            other => other?,
        };
    }
    let _ = rustix::thread::clear_ambient_capability_set();
    let none = rustix::thread::CapabilitySet::empty();
    let sets = rustix::thread::CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    Ok(rustix::thread::set_capabilities(None, sets)?)
}

/// The process outside of the confinement that ends the worker when this program is gone.
struct Watch {
    words: [CString; 4],
    parent: CString,
    path: CString,
}

impl Watch {
    fn new() -> Self {
        let word = |text: &str| CString::new(text).unwrap_or_default();
        let words = ["/bin/sh", "-c", include_str!("watch.sh"), "sh"].map(word);
        Self {
            words,
            parent: word(&std::process::id().to_string()),
            path: word("PATH=/usr/bin:/bin"),
        }
    }

    fn start(&self) -> io::Result<()> {
        let [shell, flag, script, name] = &self.words;
        let mut digits = [0; 24];
        let own = decimal(std::process::id(), &mut digits);
        let words: [*const c_char; 7] = [
            shell.as_ptr(),
            flag.as_ptr(),
            script.as_ptr(),
            name.as_ptr(),
            own.as_ptr(),
            self.parent.as_ptr(),
            std::ptr::null(),
        ];
        let environment = [self.path.as_ptr(), std::ptr::null()];
        // SAFETY: a plain fork by system call, without the C library's handlers: the child makes two
        // calls, on pointers that live as long as this frame.
        unsafe {
            let child = check(libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0))?;
            if child == 0 {
                libc::execve(words[0], words.as_ptr(), environment.as_ptr());
                libc::_exit(127);
            }
        }
        Ok(())
    }
}

/// A number as a C string, in a place that is given.
fn decimal(mut number: u32, place: &mut [u8; 24]) -> &CStr {
    let mut at = place.len() - 1;
    loop {
        at -= 1;
        place[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    CStr::from_bytes_with_nul(&place[at..]).unwrap_or_default()
}

/// What the worker must not get done, tried.
pub(super) mod attempts {
    use super::{CStr, CString, c_long};

    /// Marks an error's number as an answer.
    pub const ANSWER: i32 = 0x4c41_0000;
    /// A file was read.
    pub const READ: u8 = 1;
    /// A file was made.
    pub const WRITE: u8 = 2;
    /// A socket was made.
    pub const NETWORK: u8 = 4;
    /// A process was started.
    pub const PROCESS: u8 = 8;

    /// Tries all of it: reading a file, making one of these files, a socket, a process.
    pub fn all(read: &CStr, write: &[CString]) -> u8 {
        let mut done = 0;
        // SAFETY: the paths are C strings, and the other arguments are numbers. A process that is
        // started ends at once.
        unsafe {
            let fd = libc::open(read.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
            if fd >= 0 {
                libc::close(fd);
                done |= READ;
            }
            for path in write {
                let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC;
                let fd = libc::open(path.as_ptr(), flags, 0o600);
                if fd >= 0 {
                    libc::close(fd);
                    libc::unlink(path.as_ptr());
                    done |= WRITE;
                }
            }
            for family in [
                libc::AF_INET,
                libc::AF_INET6,
                libc::AF_UNIX,
                libc::AF_NETLINK,
            ] {
                for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
                    let fd = libc::socket(family, kind | libc::SOCK_CLOEXEC, 0);
                    if fd >= 0 {
                        libc::close(fd);
                        done |= NETWORK;
                    }
                }
            }
            let child: c_long = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
            if child == 0 {
                libc::_exit(0);
            }
            if child > 0 {
                libc::waitpid(child as libc::pid_t, std::ptr::null_mut(), 0);
                done |= PROCESS;
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_an_allocation() {
        for n in [0, 7, 10, 4_194_304, u32::MAX] {
            let mut place = [0; 24];
            let text = decimal(n, &mut place).to_str().unwrap().to_owned();
            assert_eq!(text, n.to_string());
        }
    }
}
