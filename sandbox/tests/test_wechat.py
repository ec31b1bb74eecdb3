"""WeChat Pay before a judge that is not ours: the client wechatpayv3 signs, encrypts, verifies, decrypts and reads."""

import gzip
import hashlib
import json

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from wechatpayv3 import WeChatPay, WeChatPayType

from sandbox.tests.driver import Mailbox, pem, wait_for

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
REPORT = [{"info_type": "活动名称", "info_content": "贷款"}]


@pytest.fixture
def judge(sandbox, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def client(**changes):
        known = {
            "mchid": "1900000001",
            "private_key": pem(sandbox.partner_key),
            "cert_serial_no": "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C",
            "appid": "wx0000000000000001",
            "apiv3_key": (sandbox.directory / "data" / "keys" / "wechat_apiv3.key").read_text(),
            "public_key": pem(sandbox.public_key("wechat")),
            "public_key_id": "PUB_KEY_ID_0119000000012026010100000000000001",
            "notify_url": "http://127.0.0.1:9/nobody",
            "timeout": 10,
        }
        made = WeChatPay(WeChatPayType.MINIPROG, **{**known, **changes})
        made._core._gate_way = sandbox.url
        return made

    return client


@pytest.fixture
def told():
    mailbox = Mailbox("")
    yield mailbox
    mailbox.close()


def transfer(client, number, fen=1230, **changes):
    """Status and body of the answer to a transfer."""
    said = {
        "transfer_scene_id": "1000",
        "openid": OPENID,
        "transfer_remark": "loan",
        "user_name": "张三",
        "transfer_scene_report_infos": REPORT,
    }
    status, body = client.mch_transfer_bills(out_bill_no=number, transfer_amount=fen, **{**said, **changes})
    return status, json.loads(body)


def ask(client, number):
    status, body = client.mch_transfer_bills_query(out_bill_no=number)
    return status, json.loads(body)


def ended(client, number, state):
    return wait_for(lambda: found if (found := ask(client, number)[1])["state"] == state else None)


def test_the_judge_transfers_asks_and_believes_the_notice(judge, sandbox, told):
    client = judge()
    status, taken = transfer(client, "J1", notify_url=told.url)
    assert (status, taken["out_bill_no"], taken["state"]) == (200, "J1", "WAIT_USER_CONFIRM")
    assert taken["package_info"]
    headers, body = told.first()
    notice = client.callback(headers, body)
    assert (notice["event_type"], notice["resource_type"]) == ("MCHTRANSFER.BILL.FINISHED", "encrypt-resource")
    about = notice["resource"]
    assert (about["out_bill_no"], about["state"], about["transfer_amount"]) == ("J1", "SUCCESS", 1230)
    assert client.callback(headers, body + " ") is None
    assert judge(apiv3_key="0" * 32).callback(headers, body) is None
    asked = ask(client, "J1")[1]
    assert (asked["state"], asked["transfer_bill_no"]) == ("SUCCESS", taken["transfer_bill_no"])
    [kept] = sandbox.read("/books/wechat/payouts", serial="J1")["payouts"]
    assert (kept["card_number"], kept["party_name"], kept["amount"]) == (OPENID, "张三", "12.30")


@pytest.mark.parametrize(
    ("ending", "state", "reason"),
    [
        (91, "FAIL", "NAME_NOT_CORRECT"),
        (92, "FAIL", "PAYEE_ACCOUNT_ABNORMAL"),
        (93, "SUCCESS", None),
        (97, "FAIL", "OVERDUE_CLOSE"),
        (98, "CANCELLED", "MCH_CANCEL"),
    ],
)
def test_the_ending_of_an_amount_chooses_the_end(judge, sandbox, ending, state, reason):
    client = judge()
    before = sandbox.read("/books/wechat/balances")["accounts"]["partner"]
    transfer(client, f"E{ending}", 1000 + ending)
    assert ended(client, f"E{ending}", state).get("fail_reason") == reason
    after = sandbox.read("/books/wechat/balances")
    assert (after["accounts"]["partner"] == before, after["sum"]) == (state != "SUCCESS", "0.00")


def test_a_number_stands_for_one_transfer(judge):
    client = judge()
    first = transfer(client, "J2")[1]
    assert transfer(client, "J2")[1]["transfer_bill_no"] == first["transfer_bill_no"], "the name is encrypted anew"
    assert (transfer(client, "J2", 1231)[0], transfer(client, "J2", 1231)[1]["code"]) == (400, "INVALID_REQUEST")
    assert ask(client, "J3") == (404, {"code": "NOT_FOUND", "message": "记录不存在"})
    assert transfer(client, "J4", 500_000_000_000)[1]["code"] == "NOT_ENOUGH"
    assert transfer(client, "J4", 100)[1]["state"] == "WAIT_USER_CONFIRM"
    for changes in ({"transfer_scene_report_infos": []}, {"openid": "o" * 65}, {"transfer_remark": "x" * 33}):
        assert transfer(client, "J5", **changes)[1]["code"] == "PARAM_ERROR"
    assert transfer(client, "J5", appid="wx0000000000000009")[1]["code"] == "INVALID_REQUEST"
    assert ask(client, "J5")[0] == 404


def test_who_is_not_the_merchant_is_refused(judge, sandbox):
    strangers = [
        judge(mchid="1900000002"),
        judge(cert_serial_no="00"),
        judge(public_key_id="PUB_KEY_ID_2"),
        judge(private_key=pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))),
    ]
    for stranger in strangers:
        status, said = transfer(stranger, "J6")
        assert (status, said["code"]) == (401, "SIGN_ERROR")
    assert httpx.get(f"{sandbox.url}/v3/bill/fundflowbill", trust_env=False).status_code == 401


def test_a_bill_is_given_to_the_merchant_with_its_hash(judge, sandbox):
    client = judge()
    transfer(client, "J8", 2000)
    ended(client, "J8", "SUCCESS")
    today = sandbox.read("/books/wechat/payouts", serial="J8")["payouts"][0]["settled_day"]
    assert json.loads(client.fundflow_bill(today, "OPERATION")[1])["code"] == "STATEMENT_CREATING"
    sandbox.http.post("/control/clock", json={"offset_seconds": 2 * 86400})
    assert json.loads(client.fundflow_bill(today, "BASIC")[1])["code"] == "NO_STATEMENT_EXIST"
    assert json.loads(client.fundflow_bill("2020-01-01", "OPERATION")[1])["code"] == "NO_STATEMENT_EXIST"
    said = json.loads(client.fundflow_bill(today, "OPERATION")[1])
    content = gzip.decompress(client.download_bill(said["download_url"])[1])
    assert (said["hash_type"], said["hash_value"]) == ("SHA1", hashlib.sha1(content).hexdigest())
    lines = content.decode("utf-8-sig").split("\r\n")
    assert any(line.endswith(",`loan,`J8") for line in lines[1:-3])
    assert lines[-3].startswith("资金流水总笔数,")
    assert httpx.get(said["download_url"], trust_env=False).status_code == 404
    assert client.download_bill(said["download_url"].replace("token=", "token=x"))[0] == 404
