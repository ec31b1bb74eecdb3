"""Alipay's gateway before a judge that is not ours: the client python-alipay-sdk signs, verifies and reads."""

import io
import json
import zipfile
from urllib.parse import parse_qsl

import httpx
import pytest
from alipay import AliPay
from alipay.exceptions import AliPayException

from sandbox.tests.driver import Mailbox, card_number, pem, wait_for

TRANSFER = "alipay.fund.trans.uni.transfer"
QUERY = "alipay.fund.trans.common.query"
BILL = "alipay.data.dataservice.bill.downloadurl.query"
SCENE = {"product_code": "TRANS_BANKCARD_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}


@pytest.fixture
def judge(sandbox):
    def client(app="2021000000000001"):
        made = AliPay(app, None, pem(sandbox.partner_key), pem(sandbox.public_key("alipay")), "RSA2")
        made._gateway = f"{sandbox.url}/gateway.do"
        return made

    return client


@pytest.fixture
def told():
    """What a partner's address received, answered with the word."""
    mailbox = Mailbox("success")
    yield mailbox
    mailbox.close()


def transfer(judge, number, amount="12.30", notify_url=None, **changes):
    payee = {"identity": card_number(1), "identity_type": "BANKCARD_ACCOUNT", "name": "张三"}
    content = {"out_biz_no": number, "trans_amount": amount, "order_title": "loan", "payee_info": payee, **SCENE}
    return judge.server_api(TRANSFER, {**content, **changes}, notify_url=notify_url)


def test_the_judge_transfers_asks_and_believes_the_notice(judge, told):
    client = judge()
    taken = transfer(client, "J1", notify_url=told.url)
    assert (taken["code"], taken["out_biz_no"], taken["status"]) == ("10000", "J1", "DEALING")
    form = dict(parse_qsl(told.first()[1]))
    signature = form.pop("sign")
    assert client.verify(dict(form), signature)
    assert not client.verify({**form, "utc_timestamp": "1"}, signature)
    content = json.loads(form["biz_content"])
    assert (content["out_biz_no"], content["status"], content["trans_amount"]) == ("J1", "SUCCESS", "12.30")
    asked = client.server_api(QUERY, {"out_biz_no": "J1", **SCENE})
    assert (asked["status"], asked["trans_amount"], asked["order_id"]) == ("SUCCESS", "12.30", taken["order_id"])


def test_a_number_stands_for_one_transfer(judge):
    client = judge()
    first = transfer(client, "J2")
    again = transfer(client, "J2")
    assert again["order_id"] == first["order_id"]
    assert transfer(client, "J2", "12.31")["sub_code"] == "PAYMENT_INFO_INCONSISTENCY"
    assert client.server_api(QUERY, {"out_biz_no": "J3", **SCENE})["sub_code"] == "ORDER_NOT_EXIST"
    assert transfer(client, "J4", "5000000000.00")["sub_code"] == "PAYER_BALANCE_NOT_ENOUGH"
    assert transfer(client, "J4", "1.00")["status"] == "DEALING"
    assert transfer(client, "J5", "1.0")["sub_code"] == "INVALID_PARAMETER"
    assert transfer(client, "J5", product_code="TRANS_ACCOUNT_NO_PWD")["sub_code"] == "INVALID_PARAMETER"
    wallet = {"identity": "a@b.cn", "identity_type": "ALIPAY_LOGON_ID", "name": "张三"}
    assert transfer(client, "J6", product_code="TRANS_ACCOUNT_NO_PWD", payee_info=wallet)["status"] == "DEALING"


def test_who_is_not_the_partner_is_refused(sandbox, judge):
    with pytest.raises(AliPayException, match=r"isv\.invalid-app-id"):
        transfer(judge("2021000000000009"), "J7")
    forged = {"app_id": "2021000000000001", "method": TRANSFER, "sign": "AAAA", "biz_content": "{}"}
    answer = httpx.post(f"{sandbox.url}/gateway.do", data=forged, trust_env=False).json()
    assert answer["error_response"]["sub_code"] == "isv.invalid-signature"


def test_a_bill_is_a_zip_of_gbk_files_for_who_was_told_its_address(sandbox, judge):
    client = judge()
    transfer(client, "J8", "20.00")
    wait_for(lambda: client.server_api(QUERY, {"out_biz_no": "J8", **SCENE})["status"] == "SUCCESS")
    today = sandbox.read("/books/alipay/payouts", serial="J8")["payouts"][0]["settled_day"]
    asked = {"bill_type": "signcustomer", "bill_date": today}
    assert client.server_api(BILL, asked)["sub_code"] == "isp.bill_not_exist"
    sandbox.http.post("/control/clock", json={"offset_seconds": 2 * 86400})
    url = client.server_api(BILL, asked)["bill_download_url"]
    with zipfile.ZipFile(io.BytesIO(httpx.get(url, trust_env=False).content)) as archive:
        summary, details = (archive.read(name).decode("gbk") for name in archive.namelist())
    assert "J8\t" in details
    assert "#支出合计：" in details
    assert "J8" not in summary
    assert httpx.get(url[:-1] + "x", trust_env=False).status_code == 404
