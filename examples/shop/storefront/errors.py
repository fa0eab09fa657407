"""What a customer did wrong, and how the shop answers. Nobody needs to be woken for these."""


class ShopError(Exception):
    status = 400


class InvalidRequestError(ShopError):
    status = 422


class NotFoundError(ShopError):
    status = 404


def answer(error: ShopError):
    return {"error": str(error)}, error.status
