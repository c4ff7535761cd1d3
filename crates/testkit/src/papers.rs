/// A small document in PDF that says this line, plain enough to find its bytes again.
#[must_use]
pub fn pdf(line: &str) -> Vec<u8> {
    let start = format!("%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Note ({line}) >>\nendobj\n");
    let place = start.len();
    let end = "xref\n0 1\n0000000000 65535 f \ntrailer << /Root 1 0 R >>\nstartxref\n";
    format!("{start}{end}{place}\n%%EOF\n").into_bytes()
}

/// A document in PDF that has at least so many bytes.
#[must_use]
pub fn long_pdf(line: &str, bytes: usize) -> Vec<u8> {
    pdf(&line.repeat(bytes / line.len().max(1) + 1))
}
