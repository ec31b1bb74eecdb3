"""UnionPay's gateway before a judge written anew from the protocol: no client of it is to be had."""

import base64
import hashlib
import io
import time
import zipfile
import zlib
from urllib.parse import parse_qsl, quote

import httpx
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from sandbox.tests.driver import Mailbox, card_number, id_number, wait_for

BACK, QUERY, FILE = "/gateway/api/backTransReq.do", "/gateway/api/queryTrans.do", "/file/"
RSA, SHA256 = padding.PKCS1v15(), hashes.SHA256()


class Judge:
    """A merchant who believes only what bears UnionPay's signature."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.key = sandbox.public_key("unionpay")

    def call(self, path, **fields):
        fields = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "certId": "69026276696",
            "merId": "777290058110048",
            "accessType": "0",
            "channelType": "08",
            **fields,
        }
        digest = hashlib.sha256("&".join(sorted(f"{k}={v}" for k, v in fields.items())).encode()).hexdigest()
        fields["signature"] = base64.b64encode(self.sandbox.partner_key.sign(digest.encode(), RSA, SHA256)).decode()
        body = "&".join(f"{k}={quote(v, safe='')}" for k, v in fields.items())
        answer = self.sandbox.http.post(
            path, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        said = dict(pair.split("=", 1) for pair in answer.text.split("&"))
        assert self.believes(said), answer.text
        return said

    def believes(self, said):
        rest = sorted(f"{k}={v}" for k, v in said.items() if k != "signature")
        certificate = x509.load_pem_x509_certificate(said["signPubKeyCert"].encode())
        assert certificate.public_key().public_numbers() == self.key.public_numbers()
        digest = hashlib.sha256("&".join(rest).encode()).hexdigest()
        try:
            certificate.public_key().verify(base64.b64decode(said["signature"]), digest.encode(), RSA, SHA256)
        except InvalidSignature:
            return False
        return True

    def encrypted(self, text):
        return base64.b64encode(self.key.encrypt(text.encode(), RSA)).decode()

    def about(self, card, **holder):
        text = "{" + "&".join(f"{k}={v}" for k, v in holder.items()) + "}"
        return {
            "encryptCertId": "68759622183",
            "accNo": self.encrypted(card),
            "customerInfo": base64.b64encode(text.encode()).decode(),
        }

    def pay(self, number, fen="1230", url="http://127.0.0.1:9/", **changes):
        about = self.about(card_number(1), customerNm="张三")
        fields = {"txnType": "12", "txnSubType": "00", "bizType": "000401", "currencyCode": "156", "backUrl": url}
        return self.call(BACK, **{**fields, **about, "orderId": number, "txnTime": NOW, "txnAmt": fen, **changes})

    def collect(self, number, bind_id, fen="1230", url="http://127.0.0.1:9/"):
        fields = {"txnType": "11", "txnSubType": "00", "bizType": "000501", "currencyCode": "156", "backUrl": url}
        return self.call(BACK, **fields, orderId=number, txnTime=NOW, txnAmt=fen, bindId=bind_id)

    def sign(self, number, card, name="张三", mobile="13900000000", person=1):
        hidden = self.encrypted(f"phoneNo={mobile}")
        holder = {"certifTp": "01", "certifId": id_number(person), "customerNm": name, "encryptedInfo": hidden}
        fields = {"txnType": "72", "txnSubType": "11", "bizType": "000501", "orderId": number, "txnTime": NOW}
        return self.call(BACK, **fields, **self.about(card, **holder))

    def revoke(self, number, bind_id):
        fields = {"txnType": "74", "txnSubType": "04", "bizType": "000501", "orderId": number, "txnTime": NOW}
        return self.call(BACK, **fields, bindId=bind_id)

    def query(self, number, at=None):
        fields = {"txnType": "00", "txnSubType": "00", "bizType": "000000"}
        return self.call(QUERY, **fields, orderId=number, txnTime=at or NOW)

    def fetch(self, day):
        fields = {"txnType": "76", "txnSubType": "01", "bizType": "000000", "fileType": "00"}
        return self.call(FILE, **fields, orderId="FETCH0001", txnTime=NOW, settleDate=day)

    def ended(self, number, code):
        return wait_for(lambda: said if (said := self.query(number)).get("origRespCode") == code else None)


NOW = time.strftime("%Y%m%d%H%M%S")


@pytest.fixture
def told():
    """What a merchant's address received; any answer 200 ends the deliveries."""
    mailbox = Mailbox("")
    yield mailbox
    mailbox.close()


@pytest.fixture
def judge(sandbox):
    return Judge(sandbox)


def test_the_judge_pays_asks_and_believes_the_notice(judge, told):
    taken = judge.pay("JUDGE0001", url=told.url)
    assert (taken["respCode"], taken["orderId"], taken["txnAmt"]) == ("00", "JUDGE0001", "1230")
    notice = dict(parse_qsl(told.first()[1]))
    assert judge.believes(notice)
    assert not judge.believes({**notice, "txnAmt": "1"})
    assert (notice["orderId"], notice["respCode"], notice["queryId"]) == ("JUDGE0001", "00", taken["queryId"])
    asked = judge.ended("JUDGE0001", "00")
    assert (asked["respCode"], asked["txnAmt"], asked["queryId"]) == ("00", "1230", taken["queryId"])


def test_number_and_time_stand_for_one_transaction(judge):
    judge.pay("JUDGE0002")
    assert judge.pay("JUDGE0002")["respCode"] == "12"
    assert judge.query("JUDGE0002", at="20200101000000")["respCode"] == "34"
    assert judge.query("JUDGE0003")["respCode"] == "34"
    assert judge.pay("JUDGE0004", fen="1091")["respCode"] == "61"
    assert judge.query("JUDGE0004")["origRespCode"] == "61"
    judge.pay("JUDGE0005", fen="1092")
    judge.ended("JUDGE0005", "63")
    assert judge.pay("JUDGE0006", fen="500000000000")["respCode"] == "01"


def test_what_comes_back_is_told_as_a_transaction_of_its_own(judge, told):
    taken = judge.pay("JUDGE0007", fen="1093", url=told.url)
    wait_for(lambda: len(told.letters) >= 2)
    [returned] = [form for form in (dict(parse_qsl(body)) for _, body in told.letters) if form["txnType"] == "04"]
    assert judge.believes(returned)
    assert (returned["orderId"], returned["origQryId"]) == ("JUDGE0007", taken["queryId"])
    assert judge.query("JUDGE0007")["txnType"] == "04"


def test_nothing_is_deducted_without_an_agreement_of_the_holder(judge):
    card = card_number(77)
    assert judge.collect("JUDGE0010", "nothing")["respCode"] == "40"
    signed = judge.sign("SIGN00001", card)
    assert signed["respCode"] == "00"
    assert judge.sign("SIGN00002", card)["bindId"] == signed["bindId"]
    for wrong in ({"name": "李四"}, {"mobile": "13900000001"}, {"person": 2}):
        assert judge.sign("SIGN00003", card, **wrong)["respCode"] == "66"
    assert judge.collect("JUDGE0010", signed["bindId"])["respCode"] == "00"
    assert judge.ended("JUDGE0010", "00")["txnAmt"] == "1230"
    assert judge.revoke("ENDS00001", signed["bindId"])["respCode"] == "00"
    assert judge.revoke("ENDS00002", signed["bindId"])["respCode"] == "40"
    assert judge.collect("JUDGE0011", signed["bindId"])["respCode"] == "40"
    assert judge.query("JUDGE0011")["respCode"] == "34"
    assert judge.sign("SIGN00004", card)["bindId"] != signed["bindId"]
    [row] = [
        row for row in judge.sandbox.read("/books/unionpay/collections")["collections"] if row["serial"] == "JUDGE0010"
    ]
    assert row["card_number"] == card


def test_who_is_not_the_merchant_or_says_nonsense_is_refused(sandbox, judge):
    assert judge.pay("JUDGE0020", merId="777290058110049")["respCode"] == "11"
    assert judge.pay("JUDGE0020", certId="1")["respCode"] == "11"
    assert judge.pay("JUDGE0020", version="5.0.0")["respCode"] == "10"
    assert judge.pay("JUDGE0020", txnType="99")["respCode"] == "10"
    for changes in ({"accNo": card_number(1)}, {"customerInfo": "e30="}, {"currencyCode": "840"}, {"txnAmt": "0"}):
        assert judge.pay("JUDGE0020", **changes)["respCode"] == "10"
    assert judge.pay("JUDGE-0020")["respCode"] == "10"
    forged = {"merId": "777290058110048", "certId": "69026276696", "signMethod": "01", "signature": "AAAA"}
    answer = httpx.post(sandbox.url + BACK, data=forged, trust_env=False)
    assert "respCode=11" in answer.text
    assert sandbox.read("/books/unionpay/payouts", serial="JUDGE0020")["payouts"] == []


def test_a_day_s_file_has_columns_of_fixed_width(sandbox, judge):
    judge.pay("JUDGE0030", fen="2000")
    judge.ended("JUDGE0030", "00")
    day = sandbox.read("/books/unionpay/payouts", serial="JUDGE0030")["payouts"][0]["settled_day"]
    asked = day[5:7] + day[8:10]
    assert judge.fetch(asked)["respCode"] == "98"
    assert judge.fetch("1399")["respCode"] == "10"
    sandbox.http.post("/control/clock", json={"offset_seconds": 2 * 86400})
    zipped = zlib.decompress(base64.b64decode(judge.fetch(asked)["fileContent"]))
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        files = {name: archive.read(name).decode("gbk") for name in archive.namelist()}
    name = f"INN{day[2:4]}{asked}88ZM_777290058110048"
    [line] = [line for line in files[name].split("\r\n") if "JUDGE0030" in line]
    assert line[112:144].strip() == "JUDGE0030"
    assert (line[66:78], line[166:179]) == ("000000002000", "D000000000000")
    assert files[f"INN{day[2:4]}{asked}88ZME_777290058110048"] == ""
