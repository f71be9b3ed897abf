//! What `mail` gives, tested on mails as programs write them.

use encoding_rs::GB18030;
use inhouse_agent::passage::Page;

use super::*;

fn pages(mail: &[u8]) -> Result<Vec<Page>, FailureCode> {
    let mut pages = Vec::new();
    read(mail, &mut |page| {
        pages.push(page);
        Ok(())
    })
    .map_err(|failure| failure.code)?;
    Ok(pages)
}

fn text(mail: impl AsRef<[u8]>) -> String {
    let pages = pages(mail.as_ref()).expect("it is a mail");
    pages.into_iter().map(|page| page.text).collect::<Vec<_>>().join("\n")
}

const HEAD: &str = "From: =?gb2312?B?wO7OsA==?= <li.wei@example.com>\r\n\
    To: a@example.com, \"M, J\" <jm@example.de>\r\nCc: Team: b@example.com;\r\n\
    Date: Sun, 1 Mar 2026 09:30:00 +0800\r\nSubject: =?utf-8?B?5LuY5qy+?=\r\n =?utf-8?B?6K6h5YiS?=\r\n\
    MIME-Version: 1.0\r\n";

const SHOWN_HEAD: &str = "From: 李伟 <li.wei@example.com>\nTo: a@example.com, M, J <jm@example.de>\n\
    Cc: b@example.com\nDate: 2026-03-01T09:30:00+08:00\nSubject: 付款计划\n";

#[test]
fn the_head_is_lines_and_the_text_follows() {
    let mail = format!("{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n您好，\r\n\r\n请确认。\r\n");
    assert_eq!(text(mail), format!("{SHOWN_HEAD}\n您好，\n\n请确认。"));
}

#[test]
fn the_encodings_of_china_are_read_whether_they_are_named_or_not() {
    let (body, ..) = GB18030.encode("请于三月五日前确认付款计划。");
    for kind in
        ["text/plain; charset=gb2312", "text/plain; charset=GBK", "text/plain", "text/plain; charset=utf-8"]
    {
        let mail = [format!("{HEAD}Content-Type: {kind}\r\n\r\n").as_bytes(), &body].concat();
        assert_eq!(text(mail), format!("{SHOWN_HEAD}\n请于三月五日前确认付款计划。"), "{kind}");
    }
    let (subject, ..) = GB18030
        .encode("Subject: 付款计划\r\nFrom: 李伟 <li@example.com>\r\n\r\n请于三月五日前确认付款计划。\r\n");
    assert_eq!(
        text(subject),
        "From: 李伟 <li@example.com>\nSubject: 付款计划\n\n请于三月五日前确认付款计划。"
    );
}

#[test]
fn of_two_alternatives_the_plain_one_is_read_unless_it_is_blank() {
    let mail = |plain: &str| {
        format!(
            "{HEAD}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n\
             --b\r\nContent-Type: text/html\r\n\r\n<style>p{{}}</style><p>one</p><div>two&nbsp;&amp;</div>\r\n--b--\r\n"
        )
    };
    assert_eq!(text(mail("plain")), format!("{SHOWN_HEAD}\nplain"));
    assert_eq!(text(mail(" ")), format!("{SHOWN_HEAD}\none\n\ntwo &"));
}

#[test]
fn attachments_are_named_and_not_read() {
    let mail = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>正文</p>\r\n\
         --b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nc2VjcmV0\r\n\
         --b\r\nContent-Type: text/plain; name=\"=?utf-8?B?5aSH5rOo?=.txt\"\r\nContent-Disposition: attachment\r\n\r\nsecret\r\n\
         --b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nc2VjcmV0\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nsecret\r\n--b--\r\n"
    );
    let attachments =
        "Attachment: 合同.pdf\nAttachment: 备注.txt\nAttachment: image/png\nAttachment: inner\n";
    assert_eq!(text(mail), format!("{SHOWN_HEAD}{attachments}\n正文"));
}

#[test]
fn a_header_cannot_look_like_several() {
    // It encodes a line end and "From: boss".
    let mail = "Subject: =?utf-8?Q?a=0D=0AFrom:_boss?=\r\nX-Other: y\r\n\r\nbody\r\n";
    assert_eq!(text(mail), "Subject: a From: boss\n\nbody");
}

#[test]
fn what_is_no_mail_or_damaged_has_its_code() {
    assert_eq!(pages(b"just some text\n\nand more"), Err(FailureCode::Broken));
    assert_eq!(pages(b"Key: value\n\nand more"), Err(FailureCode::Broken));
    assert_eq!(pages(b""), Err(FailureCode::Broken));
    let junk: Vec<u8> = (0..4000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(pages(&junk), Err(FailureCode::Broken));
    let in_mail = [b"Subject: x\r\n\r\n", junk.as_slice()].concat();
    assert_eq!(pages(&in_mail), Err(FailureCode::Broken));
    let damaged = "Subject: x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n*** not *** base64 ***\r\n";
    assert_eq!(pages(damaged.as_bytes()), Err(FailureCode::Broken));
    for kind in ["multipart/encrypted; boundary=b", "application/pkcs7-mime; smime-type=enveloped-data"] {
        let mail = format!("{HEAD}Content-Type: {kind}\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n");
        assert_eq!(pages(mail.as_bytes()), Err(FailureCode::Encrypted), "{kind}");
    }
}

#[test]
fn a_mail_that_breaks_off_loses_no_text_without_a_word() {
    let mail = |part: &str| {
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n--b\r\n{part}")
    };
    assert_eq!(text(mail("\r\nsecond")), format!("{SHOWN_HEAD}\nfirst\n\nsecond"));
    for encoding in ["base64\r\n\r\nc2Vj", "quoted-printable\r\n\r\n=E4=BB"] {
        let mail = mail(&format!("Content-Type: text/plain\r\nContent-Transfer-Encoding: {encoding}"));
        assert_eq!(pages(mail.as_bytes()), Err(FailureCode::Broken), "{encoding}");
    }
    let mail = mail(
        "Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nc2Vj",
    );
    assert_eq!(text(mail), format!("{SHOWN_HEAD}Attachment: a.pdf\n\nfirst"));
}

#[test]
fn mails_that_nest_deeply_or_never_end_come_to_an_end() {
    let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(2000);
    assert!(text(format!("Subject: deep\r\n{deep}x")).starts_with("Subject: deep\n"));
    let open = (0..2000)
        .map(|at| format!("Content-Type: multipart/mixed; boundary=b{at:04}\r\n\r\n--b{at:04}\r\n"))
        .collect::<String>();
    assert_eq!(text(format!("Subject: open\r\n{open}\r\nend")), "Subject: open\n\nend");
}
