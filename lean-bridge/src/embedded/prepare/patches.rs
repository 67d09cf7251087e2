//! The patches of the glue: what each is called, why it is there, what it finds and what it puts.

/// How a patch changes the text that it finds.
pub enum Edit {
    /// Puts this in place of what was found.
    Replace(&'static str),
    /// Puts this before it.
    Before(&'static str),
    /// Puts this behind the first `{` in it.
    InBody(&'static str),
    /// Puts this in place of everything from it up to the second text.
    Until(&'static str, &'static str),
}

/// A change of the glue's text that must fit exactly once.
pub struct Patch {
    /// What errors call it.
    pub name: &'static str,
    /// Why it is there.
    pub reason: &'static str,
    /// The text that it looks for.
    pub find: &'static str,
    /// What it does there.
    pub edit: Edit,
}

impl Patch {
    /// What it puts into the glue.
    pub fn text(&self) -> &'static str {
        match self.edit {
            Edit::Replace(text)
            | Edit::Before(text)
            | Edit::InBody(text)
            | Edit::Until(_, text) => text,
        }
    }
}

const fn patch(name: &'static str, reason: &'static str, find: &'static str, edit: Edit) -> Patch {
    Patch {
        name,
        reason,
        find,
        edit,
    }
}

const WORKER_FILES: &str = "worker threads read .olean files themselves";
const READ_ONLY: &str = "a read-only mount changes nothing";
const SCRIPT: &str = "nothing inside may run text as JavaScript";
const NETWORK: &str = "there is no network inside";

/// `EROFS` for a mount that is read-only.
macro_rules! read_only {
    ($node:literal) => {
        concat!("if(", $node, ".mount.opts.ro)throw new FS.ErrnoError(69);")
    };
}

/// All patches, in the order in which they are applied.
pub const PATCHES: &[Patch] = &[
    patch(
        "symbols",
        "find a symbol by hash instead of scanning 200,000 names; know data symbols too",
        "var __dlsym_js=",
        Edit::Until("__dlsym_js.sig=\"pppp\"", include_str!("js/dlsym.js")),
    ),
    patch(
        "stdin",
        "answer with what is there; keep UTF-8 whole",
        "read(stream,buffer,offset,length,pos){if(!stream.tty||!stream.tty.ops.get_char)",
        Edit::InBody(include_str!("js/read_stdin.js")),
    ),
    patch(
        "stdout",
        "write whole buffers",
        "write(stream,buffer,offset,length,pos){if(!stream.tty||!stream.tty.ops.put_char)",
        Edit::InBody(include_str!("js/write_stdout.js")),
    ),
    patch(
        "thread-stack",
        "Lean's threads recurse deeply",
        "{workerData:\"em-pthread\",name:\"em-pthread\"}",
        Edit::Replace(
            "{workerData:\"em-pthread\",name:\"em-pthread\",resourceLimits:{stackSizeMb:16}}",
        ),
    ),
    patch(
        "thread-pool",
        "a pool of four costs start time; the launcher says how many",
        "var pthreadPoolSize=4;",
        Edit::Replace("var pthreadPoolSize=+(process.env.LEAN_POOL??2);"),
    ),
    patch(
        "memory-cap",
        "the launcher's cap on memory",
        "maximum:32768,",
        Edit::Replace("maximum:__memoryPages(),"),
    ),
    patch(
        "heap-max",
        "growth stops at the same cap",
        "getHeapMax=()=>2147483648;",
        Edit::Replace("getHeapMax=()=>__memoryPages()*65536;"),
    ),
    patch(
        "mounts",
        "only the mounts that the launcher names, not /home and /tmp",
        "FS.mount(NODEFS,{root:\"/home\"},\"/home\");FS.mount(NODEFS,{root:\"/tmp\"},\"/tmp\");\
         var cwd=process.cwd();",
        Edit::Replace(include_str!("js/mounts.js")),
    ),
    patch(
        "program-path",
        "Lean looks for its library beside its program: a guest path",
        "if(isNode){path=__filename}",
        Edit::Replace("if(isNode){path=\"/bin/lean.wasm\"}"),
    ),
    patch(
        "constants",
        "process.binding is refused under node --permission",
        "process.binding(\"constants\")[\"fs\"]",
        Edit::Replace("fs.constants"),
    ),
    patch(
        "unknown-errors",
        "an error without a number (ERR_ACCESS_DENIED) became file descriptor 0; now EACCES",
        "convertNodeCode(e){var code=e.code;return ERRNO_CODES[code]}",
        Edit::Replace("convertNodeCode(e){return ERRNO_CODES[e.code]??2}"),
    ),
    patch(
        "read-only-open",
        "a read-only mount opens nothing for writing",
        "open(stream){var path=NODEFS.realPath(stream.node);",
        Edit::InBody(
            "if(stream.node.mount.opts.ro&&(stream.flags&(3|64|512|1024)))\
             throw new FS.ErrnoError(69);",
        ),
    ),
    patch(
        "read-only-attributes",
        READ_ONLY,
        "setattr(node,attr){var path=NODEFS",
        Edit::InBody(read_only!("node")),
    ),
    patch(
        "read-only-open-attributes",
        "nor through an open file",
        "setattr(stream,attr){NODEFS",
        Edit::InBody(read_only!("stream.node")),
    ),
    patch(
        "read-only-create",
        READ_ONLY,
        "mknod(parent,name,mode,dev){var node=NODEFS",
        Edit::InBody(read_only!("parent")),
    ),
    patch(
        "read-only-rename",
        "a read-only mount changes nothing, and takes nothing in",
        "rename(oldNode,newDir,newName){var oldPath=NODEFS",
        Edit::InBody(concat!(read_only!("oldNode"), read_only!("newDir"))),
    ),
    patch(
        "read-only-unlink",
        READ_ONLY,
        "unlink(parent,name){var path=PATH.join2(NODEFS",
        Edit::InBody(read_only!("parent")),
    ),
    patch(
        "read-only-rmdir",
        READ_ONLY,
        "rmdir(parent,name){var path=PATH.join2(NODEFS",
        Edit::InBody(read_only!("parent")),
    ),
    patch(
        "read-only-symlink",
        READ_ONLY,
        "symlink(parent,newName,oldPath){var newPath=PATH.join2(NODEFS",
        Edit::InBody(read_only!("parent")),
    ),
    patch(
        "host-files",
        WORKER_FILES,
        "var SYSCALLS={",
        Edit::Before(include_str!("js/host_files.js")),
    ),
    patch(
        "host-stat",
        WORKER_FILES,
        "function ___syscall_stat64(path,buf){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(",
        Edit::InBody(
            "if(ENVIRONMENT_IS_PTHREAD){var done=HostFiles.stat(path,buf);\
             if(done!==undefined)return done;}",
        ),
    ),
    patch(
        "host-open",
        WORKER_FILES,
        "function ___syscall_openat(dirfd,path,flags,varargs){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(",
        Edit::InBody(
            "if(ENVIRONMENT_IS_PTHREAD){var done=HostFiles.open(path,flags);\
             if(done!==undefined)return done;}",
        ),
    ),
    patch(
        "host-fstat",
        WORKER_FILES,
        "function ___syscall_fstat64(fd,buf){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(",
        Edit::InBody(
            "if(ENVIRONMENT_IS_PTHREAD){var file=HostFiles.get(fd);\
             if(file)return SYSCALLS.writeStat(buf,fs.fstatSync(file.fd));}",
        ),
    ),
    patch(
        "host-close",
        WORKER_FILES,
        "function _fd_close(fd){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(",
        Edit::InBody(
            "if(ENVIRONMENT_IS_PTHREAD){var file=HostFiles.get(fd);\
             if(file)return HostFiles.close(file,fd);}",
        ),
    ),
    patch(
        "host-read",
        WORKER_FILES,
        "function _fd_read(fd,iov,iovcnt,pnum){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(",
        Edit::InBody(
            "if(ENVIRONMENT_IS_PTHREAD){var file=HostFiles.get(fd);\
             if(file)return HostFiles.read(file,iov,iovcnt,pnum);}",
        ),
    ),
    patch(
        "host-seek",
        WORKER_FILES,
        "function _fd_seek(fd,offset,whence,newOffset){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(",
        Edit::InBody(
            "if(ENVIRONMENT_IS_PTHREAD){var file=HostFiles.get(fd);\
             if(file)return HostFiles.seek(file,offset,whence,newOffset);}",
        ),
    ),
    patch(
        "main-stack",
        "deep recursion ends the process instead of corrupting its memory",
        "function callMain(args=[]){",
        Edit::InBody(include_str!("js/main_stack.js")),
    ),
    patch(
        "no-libraries",
        "a library loaded at run time may bring JavaScript along; Lean's workers need none",
        "localScope,handle){var dso=LDSO.loadedLibsByName[libName];",
        Edit::InBody("__refuse(\"dynamic libraries\");"),
    ),
    patch(
        "no-em-asm",
        SCRIPT,
        "ASM_CONSTS[start]=eval(func)",
        Edit::Replace("ASM_CONSTS[start]=__refuse(\"JavaScript of a library\")"),
    ),
    patch(
        "no-em-js",
        SCRIPT,
        "moduleExports[name]=eval(func)",
        Edit::Replace("moduleExports[name]=__refuse(\"JavaScript of a library\")"),
    ),
    patch(
        "no-script",
        SCRIPT,
        "{eval(UTF8ToString(ptr))}",
        Edit::Replace("{__refuse(\"script\")}"),
    ),
    patch(
        "no-script-int",
        SCRIPT,
        "ptr=>eval(UTF8ToString(ptr))|0",
        Edit::Replace("ptr=>__refuse(\"script\")"),
    ),
    patch(
        "no-script-string",
        SCRIPT,
        "var s=eval(UTF8ToString(ptr));",
        Edit::Replace("var s=__refuse(\"script\");"),
    ),
    patch(
        "no-script-file",
        SCRIPT,
        "eval(data);loadDone()",
        Edit::Replace("__refuse(\"script\")"),
    ),
    patch(
        "no-connect",
        NETWORK,
        "WebSocketConstructor=require(\"ws\")",
        Edit::Replace("__refuse(\"network\")"),
    ),
    patch(
        "no-listen",
        NETWORK,
        "var WebSocketServer=require(\"ws\").Server;",
        Edit::Replace("__refuse(\"network\");var WebSocketServer;"),
    ),
    patch(
        "no-process",
        "system(3) starts no shell",
        "var cp=require(\"child_process\");",
        Edit::Replace("return-52;var cp;"),
    ),
];
