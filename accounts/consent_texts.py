"""The texts that customers are asked to agree to, one a purpose. A changed text is a new version."""

from typing import Any

from accounts.models import Purpose

TEXTS: list[dict[str, Any]] = [
    {
        "purpose": Purpose.PRIVACY_POLICY,
        "version": 1,
        "essential": True,
        "title_zh": "个人信息处理规则",
        "title_en": "How we process personal data",
        "body_zh": (
            "我们仅为向您提供贷款服务而处理您的个人信息，且只收集所必需的信息：手机号、登录设备与网络地址，以及您自己填写的资料。\n"
            "您的个人信息加密保存；身份与交易记录依法保存十年，催收记录保存五年。\n"
            "您可以随时查阅、复制、更正、删除和导出自己的信息，也可以撤回同意；撤回不影响撤回前已进行的处理。\n"
            "贷款由程序自动审批时，您可以要求说明理由，也可以要求由人工重新决定。"
        ),
        "body_en": (
            "We process your personal data only to give you a loan service, and collect only what that "
            "needs: your mobile number, the devices and network addresses you sign in from, and what you "
            "fill in yourself.\n"
            "Your data is stored encrypted. The law has us keep identity and transaction records for ten "
            "years and collection records for five.\n"
            "You may see, copy, correct, delete and export your data, and withdraw a consent, at any "
            "time; what was done before the withdrawal stays lawful.\n"
            "When a program decides on your loan, you may ask for the reasons, and for a person to decide"
            " again."
        ),
    },
    {
        "purpose": Purpose.SENSITIVE_DATA,
        "version": 1,
        "essential": True,
        "title_zh": "敏感个人信息处理单独同意书",
        "title_en": "Separate consent to the processing of sensitive data",
        "body_zh": (
            "为核实您的身份、评估还款能力并向您的银行卡放款，我们需要处理以下敏感个人信息：身份证号码、身份证照片、银行卡号、收入证明。\n"
            "身份证照片由程序在我们自己的服务器上识别，仅与您填写的身份证号码和姓名比对，不保存识别出的文字，也不用于其他目的。\n"
            "这些信息一旦泄露可能危害您的财产安全，因此在写入磁盘之前即已加密；工作人员查看明文须说明理由并留下记录。"
        ),
        "body_en": (
            "To verify who you are, judge what you can repay and pay to your bank card, we need to "
            "process this sensitive data: ID number, picture of your ID card, bank card number, proof of "
            "income.\n"
            "The picture of your ID card is read by a program on our own servers and compared with the ID"
            " number and the name that you gave; the text read is not kept and serves nothing else.\n"
            "Such data could harm your property if it leaked. It is therefore encrypted before it is "
            "written to disk, and a member of staff who looks at it in clear must give a reason, which is"
            " recorded."
        ),
    },
    {
        "purpose": Purpose.IDENTITY_CHECK,
        "version": 1,
        "essential": True,
        "title_zh": "实名认证授权书",
        "title_en": "Authorisation of the real-name check",
        "body_zh": (
            "您授权我们将姓名、身份证号码、银行卡号和银行预留手机号提供给身份认证机构，由其核对四项信息是否一致，并将核对结果告知我们。\n"
            "该机构不得将这些信息用于其他目的。"
        ),
        "body_en": (
            "You authorise us to give your name, ID number, bank card number and the mobile number "
            "reserved with your bank to the identity authority, which checks whether the four belong "
            "together and tells us the result.\n"
            "The authority may not use them for anything else."
        ),
    },
    {
        "purpose": Purpose.CREDIT_REPORT,
        "version": 1,
        "essential": True,
        "title_zh": "征信查询授权书",
        "title_en": "Authorisation of credit report queries",
        "body_zh": (
            "您授权我们在审批贷款和贷后管理时，向征信机构查询您的信用报告，仅用于本次贷款的审批与管理。\n"
            "向征信机构报送不良信息之前，我们会先告知您。您对信用信息有异议的，可以提出，将在二十日内得到答复。"
        ),
        "body_en": (
            "You authorise us to query your credit report at a credit bureau when deciding on and "
            "managing your loan, and for that only.\n"
            "Before we report bad data about you to a bureau, we tell you. If you object to data, you are"
            " answered within twenty days."
        ),
    },
    {
        "purpose": Purpose.FUNDER_SHARING,
        "version": 1,
        "essential": False,
        "title_zh": "向资金合作机构提供个人信息单独同意书",
        "title_en": "Separate consent to sharing data with the funding partner",
        "body_zh": (
            "您同意我们将贷款金额、期限、所在地区和信用评估结果提供给合作银行（沙盒资金方），由其独立决定是否与我们共同出资。\n"
            "不同意不影响您申请贷款：贷款将由我们单独出资。合作机构的名称会在借款合同中列明。"
        ),
        "body_en": (
            "You agree that we give the amount, the term, your region and the credit assessment to the "
            "partner bank (Sandbox Funding Partner), which decides for itself whether to fund the loan "
            "together with us.\n"
            "You can apply for a loan without agreeing: we then fund it alone. The loan contract names "
            "every funder."
        ),
    },
    {
        "purpose": Purpose.LENDER_SHARING,
        "version": 1,
        "essential": False,
        "title_zh": "多头借贷查询与应答同意书",
        "title_en": "Consent to asking and answering other lenders",
        "body_zh": (
            "您同意：审批您的借款申请时，我们通过共享平台询问其他放贷机构，有几家对您有未结清的贷款、近三十天内收到过您几次申请；"
            "其他机构审批您的申请时，我们以同样方式告知是否有未结清的贷款及近三十天的申请次数。\n"
            "查询使用每次都不同的加密标记：您的姓名、身份证号码等身份信息不会提供给平台和其他机构，对方也无从得知查询的是谁。"
            "每次查询与应答均留有记录，保存三年。\n"
            "不同意不影响您申请贷款：审批时不查询，也不因此拒绝。您可以随时撤回，撤回后不再查询，也不再应答。"
        ),
        "body_en": (
            "You agree that, when deciding on your application, we ask other lenders through an exchange how many of "
            "them have an open loan to you and how often you applied to them in the last thirty days; and that, when "
            "another lender decides on an application of yours, we tell in the same way whether a loan to you is open "
            "and how often you applied in the last thirty days.\n"
            "The question is put by encrypted marks that are new each time: neither the exchange nor the lenders are "
            "given your name, ID number or anything else that identifies you, nor can they tell who is asked about. "
            "Each question and each answer is recorded, and the record kept for three years.\n"
            "You can apply for a loan without agreeing: we then do not ask, and do not decline because of it. You can "
            "withdraw at any time: we then neither ask nor answer any more."
        ),
    },
    {
        "purpose": Purpose.DEDUCTION,
        "version": 1,
        "essential": False,
        "title_zh": "委托扣款授权书",
        "title_en": "Authorisation of automatic deduction",
        "body_zh": (
            "您授权我们在每个到期日上午九时起，从您验证过的银行卡扣划当期应还款项；扣款不成功的，仅在逾期第一、三、七天各再扣一次。\n"
            "不授权不影响您申请贷款：您可以随时自行还款。您可以随时撤回授权，撤回后不再扣款。"
        ),
        "body_en": (
            "You authorise us to collect what is due from the bank card you verified, on each due date from"
            " nine in the morning; if that fails, once more on the first, third and seventh day after, and no"
            " more often.\n"
            "You can apply for a loan without it and repay by yourself at any time. You can withdraw the"
            " authorisation at any time: nothing is deducted any more."
        ),
    },
    {
        "purpose": Purpose.MARKETING,
        "version": 1,
        "essential": False,
        "title_zh": "接收产品信息同意书",
        "title_en": "Consent to news and offers",
        "body_zh": "您同意我们通过站内消息和短信向您介绍产品与活动。不同意不影响任何服务，您可以随时撤回。",
        "body_en": (
            "You agree that we tell you about products and offers in the app and by SMS. No service "
            "depends on it, and you can withdraw at any time."
        ),
    },
]
