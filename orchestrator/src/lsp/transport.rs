//! Messages on a pair of streams: the base protocol of LSP 3.17.
//!
//! What cannot be read is answered, and the next message is read as if nothing had been: an editor that
//! sends one bad message still gets its proofs.

use std::io::{self, BufRead, Read, Write};

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};

/// Bytes of a message at most.
const MAX_MESSAGE: u64 = 64 << 20;
/// Bytes of a header line at most.
const MAX_HEADER: u64 = 8 << 10;

/// A message that cannot be read, with the answer that it gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed(pub Value);

fn malformed(id: Value, code: ErrorCode, message: String) -> Malformed {
    let error = json!({"code": code as i32, "message": message});
    Malformed(json!({"jsonrpc": "2.0", "id": id, "error": error}))
}

/// The next message; none at the end of the input.
///
/// # Errors
/// The stream fails.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Result<Message, Malformed>>> {
    let Some(length) = header(input)? else {
        return Ok(None);
    };
    let length = match length {
        Some(n) if n <= MAX_MESSAGE => n,
        Some(n) => {
            io::copy(&mut input.by_ref().take(n), &mut io::sink())?;
            let message = format!("a message of {n} bytes is longer than {MAX_MESSAGE}");
            return Ok(Some(Err(malformed(
                Value::Null,
                ErrorCode::InvalidRequest,
                message,
            ))));
        }
        None => {
            let message = "a message has no Content-Length".to_owned();
            return Ok(Some(Err(malformed(
                Value::Null,
                ErrorCode::ParseError,
                message,
            ))));
        }
    };
    let mut bytes = Vec::new();
    input.by_ref().take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Ok(None);
    }
    Ok(Some(parse(&bytes)))
}

/// The length that a header names, if it names one; none at the end of the input.
fn header(input: &mut impl BufRead) -> io::Result<Option<Option<u64>>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input
            .by_ref()
            .take(MAX_HEADER)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            return Ok(Some(length));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Message, Malformed> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| {
        let message = format!("a message is not JSON in UTF-8: {e}");
        malformed(Value::Null, ErrorCode::ParseError, message)
    })?;
    let id = value.get("id").cloned().unwrap_or(Value::Null);
    serde_json::from_value(value).map_err(|e| {
        let message = format!("this is not a request, a notification or an answer: {e}");
        malformed(id, ErrorCode::InvalidRequest, message)
    })
}

/// Writes one value as a message.
///
/// # Errors
/// The stream fails.
pub fn write(output: &mut impl Write, value: &Value) -> io::Result<()> {
    let body = serde_json::to_vec(value).map_err(io::Error::other)?;
    write!(output, "Content-Length: {}\r\n\r\n", body.len())?;
    output.write_all(&body)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<Result<Message, Malformed>> {
        let mut input = io::BufReader::new(input);
        let mut read_all = Vec::new();
        while let Some(message) = read(&mut input).unwrap() {
            read_all.push(message);
        }
        read_all
    }

    #[test]
    fn bad_messages_are_answered_and_the_next_is_read() {
        let mut input = Vec::new();
        input.extend(b"Content-Length: 3\r\n\r\n\xff\xfe!");
        input.extend(b"Content-Length: 2\r\n\r\n{]");
        input.extend(b"Content-Length: 8\r\n\r\n{\"id\":7}");
        input.extend(b"Content-Type: x\r\n\r\n");
        input.extend(b"Content-Length: nonsense\r\n\r\n");
        write(
            &mut input,
            &json!({"jsonrpc": "2.0", "id": 1, "method": "shutdown"}),
        )
        .unwrap();
        input.extend(b"Content-Length: 100\r\n\r\n{");
        let read_all = all(&input);
        assert_eq!(read_all.len(), 6);
        let code = |i: usize| read_all[i].as_ref().unwrap_err().0["error"]["code"].clone();
        assert_eq!(
            [code(0), code(1), code(2), code(3), code(4)],
            [-32700, -32700, -32600, -32700, -32700]
        );
        assert_eq!(read_all[2].as_ref().unwrap_err().0["id"], 7);
        assert!(matches!(&read_all[5], Ok(Message::Request(r)) if r.method == "shutdown"));
    }
}
