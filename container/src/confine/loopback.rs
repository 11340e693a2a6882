//! Raising `lo`: one message to the kernel, `RTM_NEWLINK` with `IFF_UP`.
//!
//! Written out, because the libraries for it bring a machinery that is larger than the executor.
//! <https://man7.org/linux/man-pages/man7/rtnetlink.7.html>

use std::io;

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
};

/// `lo` is the first interface of every network namespace.
const LO: i32 = 1;

const RTM_NEWLINK: u16 = 16;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLMSG_ERROR: u16 = 2;
const IFF_UP: u32 = 1;
const HEADER_BYTES: usize = 16;

/// Raises the loopback of the network namespace that we are in.
pub(super) fn raise() -> io::Result<()> {
    let kernel = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None, // protocol 0 is that of routes and links
    )?;
    send(&kernel, &request(), SendFlags::empty())?;
    let mut answer = [0; 256];
    let (read, _) = recv(&kernel, &mut answer, RecvFlags::empty())?;
    outcome(&answer[..read])
}

/// `nlmsghdr` and `ifinfomsg`.
fn request() -> Vec<u8> {
    let mut message = Vec::new();
    message.extend(32_u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend((NLM_F_REQUEST | NLM_F_ACK).to_ne_bytes());
    message.extend([0; 8]); // sequence, port
    message.extend([0; 4]); // family, padding, type
    message.extend(LO.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes()); // of the flags, this one changes
    message
}

/// `nlmsghdr` and `nlmsgerr`, whose number is 0 for "done".
fn outcome(answer: &[u8]) -> io::Result<()> {
    let unexpected = || io::Error::new(io::ErrorKind::InvalidData, "not an answer of rtnetlink");
    let kind = answer.get(4..6).ok_or_else(unexpected)?;
    let number = answer
        .get(HEADER_BYTES..HEADER_BYTES + 4)
        .ok_or_else(unexpected)?;
    if kind != NLMSG_ERROR.to_ne_bytes() {
        return Err(unexpected());
    }
    match i32::from_ne_bytes(number.try_into().expect("four bytes")) {
        0 => Ok(()),
        number => Err(io::Error::from_raw_os_error(-number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_knows_the_message_and_says_no_to_who_may_not() {
        // Of the machine's own loopback nothing changes: it is up.
        match raise() {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}"),
        }
    }

    #[test]
    fn an_answer_that_is_none_is_no_success() {
        outcome(&[]).unwrap_err();
        outcome(&[0; 64]).unwrap_err();
    }
}
