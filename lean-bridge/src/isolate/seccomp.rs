//! The system calls that a worker does without, as a seccomp filter.
//!
//! It is a list of what is refused: Lean and Node differ in what they use from version to version, and
//! files are Landlock's business. Refused are sockets, new processes (threads are not), a second view
//! of the system (mounts, namespaces), other processes' memory, what outlives a process without being a
//! file, and those changes to files that Landlock does not know.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, sock_filter,
};

/// Answered as unknown, so that a library falls back: `clone3` hides its flags from a filter, and an
/// io_uring does what it is asked past every filter.
const UNKNOWN: [c_long; 4] = [
    libc::SYS_clone3,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// Answered as done, and not done: a Lean that may write gives each new file its mode, and gives up
/// where it cannot. Landlock does not know modes, so that a worker could take away the rights to files
/// outside of what it may write.
const IGNORED: &[c_long] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    // fchmodat2, the same on each architecture.
    452,
];

/// Refused whatever the arguments.
const REFUSED: &[c_long] = &[
    // The network, and every other socket.
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // Leaving the process group by which a worker is ended.
    libc::SYS_setsid,
    libc::SYS_setpgid,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_kcmp,
    libc::SYS_setpriority,
    // Another view of the system.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    // What stays when the process is gone, and what another process could see.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Changes to files besides their contents.
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_truncate,
    libc::SYS_mknodat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    // The kernel's more dangerous doors.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_inotify_init1,
    libc::SYS_vmsplice,
    libc::SYS_personality,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
];

/// Calls that libc names on all architectures only under another name or not at all.
const NUMBERED: [c_long; 4] = [
    // setxattrat, removexattrat, open_tree_attr, file_setattr: the same on each.
    463, 466, 467, 469,
];

/// Older calls, which only x86-64 still has.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_mknod,
    libc::SYS_inotify_init,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_kexec_file_load,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[c_long] = &[];

/// The filter, or nothing on an architecture for which there is none.
pub(super) fn filter() -> Option<BpfProgram> {
    let arch = std::env::consts::ARCH.try_into().ok()?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for &call in REFUSED.iter().chain(&NUMBERED).chain(OLDER) {
        rules.insert(call, Vec::new());
    }
    let threads = libc::CLONE_THREAD as u64;
    let without = condition(0, SeccompCmpOp::MaskedEq(threads), 0)?;
    rules.insert(libc::SYS_clone, vec![without]);
    // Another process's limits.
    rules.insert(
        libc::SYS_prlimit64,
        vec![condition(0, SeccompCmpOp::Ne, 0)?],
    );
    // Typing into the terminal that the program was started from.
    const TIOCSTI: u64 = 0x5412;
    rules.insert(
        libc::SYS_ioctl,
        vec![condition(1, SeccompCmpOp::Eq, TIOCSTI)?],
    );
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).ok()?;
    let known: BpfProgram = filter.try_into().ok()?;
    Some(prologue().into_iter().chain(known).collect())
}

fn condition(argument: u8, op: SeccompCmpOp, value: u64) -> Option<SeccompRule> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value).ok()?;
    SeccompRule::new(vec![condition]).ok()
}

/// `ENOSYS` for [`UNKNOWN`] and for x86-64's second table of calls, whose numbers no rule names; an error
/// of number 0, which is none, for [`IGNORED`]. The architecture is looked at after it, before anything
/// is allowed.
fn prologue() -> BpfProgram {
    const LOAD_NUMBER: u16 = 0x20;
    const JUMP_EQUAL: u16 = 0x15;
    const JUMP_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    const SECOND_TABLE: u32 = 0x4000_0000;
    let unknown = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    let instruction = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    let mut program = vec![instruction(LOAD_NUMBER, 0, 0, 0)];
    let unknowns = UNKNOWN.iter().map(|number| (number, unknown));
    let ignored = IGNORED
        .iter()
        .map(|number| (number, libc::SECCOMP_RET_ERRNO));
    for (number, answer) in unknowns.chain(ignored) {
        program.push(instruction(JUMP_EQUAL, 0, 1, *number as u32));
        program.push(instruction(RETURN, 0, 0, answer));
    }
    program.push(instruction(JUMP_AT_LEAST, 0, 1, SECOND_TABLE));
    program.push(instruction(RETURN, 0, 0, unknown));
    program
}

/// The filter as bytes, as `bwrap` reads it from a file.
pub(super) fn bytes(program: &[sock_filter]) -> Vec<u8> {
    let instruction = |i: &sock_filter| {
        let mut bytes = [0; 8];
        bytes[..2].copy_from_slice(&i.code.to_ne_bytes());
        bytes[2] = i.jt;
        bytes[3] = i.jf;
        bytes[4..].copy_from_slice(&i.k.to_ne_bytes());
        bytes
    };
    program.iter().flat_map(instruction).collect()
}
