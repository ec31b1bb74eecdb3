"""What customers fill in about themselves. Rules are the use cases'; here is only how the inputs look and behave."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.pages import PortalForm


def _digits(**attributes: str) -> forms.TextInput:
    return forms.TextInput({"inputmode": "numeric", **attributes})


class IdentityForm(PortalForm):
    name = forms.CharField(
        label=_("Name"),
        help_text=_("As on your ID card."),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    id_number = forms.CharField(
        label=_("ID card number"), max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    card_number = forms.CharField(
        label=_("Debit card number"),
        help_text=_("Your own debit card. The loan is paid to it."),
        max_length=40,
        widget=_digits(autocomplete="off"),
    )
    reserved_mobile = forms.CharField(
        label=_("Mobile number reserved with the bank"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )


class SignInForm(IdentityForm):
    """Mobile and code; the four elements only where the use case asks for them."""

    mobile = forms.CharField(
        label=_("Mobile number"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel-national"}),
    )
    code = forms.CharField(
        label=_("SMS code"),
        help_text=_("Six digits, valid for 5 minutes."),
        max_length=10,
        required=False,
        widget=_digits(autocomplete="one-time-code"),
    )
    device_report = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in IdentityForm.base_fields:
            self.fields[name].required = False

    @property
    def proof(self) -> dict[str, str]:
        """The four elements, if any of them was filled in. Of a valid form that nobody has refused yet."""
        given = {name: self.cleaned_data[name] for name in IdentityForm.base_fields}
        return given if any(given.values()) else {}


class DocumentForm(PortalForm):
    """One document; `file` is checked by its content, not by its name."""

    file = forms.FileField(label=_("File"), allow_empty_file=True)

    def __init__(self, *args: Any, accept: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = accept


class ConsentsForm(PortalForm):
    """One box a text, never ticked beforehand. Which texts are essential is checked by what needs them."""

    def __init__(self, *args: Any, texts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["texts"] = forms.ModelMultipleChoiceField(texts, label=_("Agreements"), required=False)
