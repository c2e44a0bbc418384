-- Only rows without a valid number are linked, to a person who has rows and is not linked to somebody else.
with linked as (
    select person_key
    from {{ ref('stg_person_link') }}
    union
    select linked_key as person_key
    from {{ ref('stg_person_link') }}
),

standing as (
    select
        row_key,
        is_numbered
    from {{ ref('stg_person_row') }}
    where row_key in (select linked.person_key from linked)
    group by row_key, is_numbered
)

select
    link.person_key,
    link.linked_key
from {{ ref('stg_person_link') }} as link
left join standing as own on link.person_key = own.row_key
left join standing as target on link.linked_key = target.row_key
left join {{ ref('stg_person_link') }} as further on link.linked_key = further.person_key
where own.row_key is null or own.is_numbered or target.row_key is null or further.person_key is not null
