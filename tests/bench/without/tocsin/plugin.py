def pre_instrument():
    pass


def post_instrument():
    pass
