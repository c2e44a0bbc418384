{#
    Whose rows, or what other lists say about their rows, read differently than in the last build. The lists of a form
    and unit bear on a person only on the dates of the person's own rows: by the next lists that can tell an absence. So
    a new list touches those on it and those on the lists that it now follows, and nobody who is long gone. Time alone
    touches those whose stays lapse between the days of the two builds.
#}
{%- set row_key = ref('stg_row_key') -%}
{%- set link = ref('stg_person_link') -%}
{%- set built_link = ref('stg_built_link') -%}
{%- set current_file = ref('int_current_file') -%}
{%- set built_file = ref('stg_built_file') -%}
{%- set list_date = ref('int_list_date') -%}
{%- set built_list_date = ref('stg_built_list_date') -%}
{%- set correction = ref('stg_correction') -%}
{%- set built_slip = ref('stg_built_slip') -%}
{%- set confirmed = ref('stg_built_confirmed') -%}
{%- set this_build = ref('int_build') -%}
{% if is_full_build() -%}
    -- also those whom a link has taken in: something of them may stand from before
    select row_key as person_key
    from {{ row_key }}
    union
    select linked_key as person_key
    from {{ link }}
    union
    select linked_key as person_key
    from {{ built_link }}
{%- else -%}
    with changed_file as (
        select coalesce(f.file_id, b.file_id) as file_id
        from {{ current_file }} as f
        full outer join {{ built_file }} as b on f.file_id = b.file_id
        where f.reported_on is distinct from b.reported_on or f.list_kind is distinct from b.list_kind
    ),

    changed_date as (
        select
            d.form_id,
            d.unit_code,
            d.reported_on
        from {{ list_date }} as d
        left join {{ built_list_date }} as b
            on
                d.form_id = b.form_id
                and d.unit_code = b.unit_code
                and d.reported_on = b.reported_on
        where
            d.next_clean_on is distinct from b.next_clean_on
            or d.next_full_on is distinct from b.next_full_on
    ),

    changed_slip as (
        select
            c.by_file_id,
            count(*) as rows_replaced
        from {{ correction }} as c
        group by c.by_file_id
        except
        select
            b.file_id,
            b.rows_replaced
        from {{ built_slip }} as b
    ),

    read_anew as (
        select file_id
        from changed_file
        union
        select f.file_id
        from {{ current_file }} as f
        inner join changed_date as d
            on
                f.form_id = d.form_id
                and f.unit_code = d.unit_code
                and f.reported_on = d.reported_on
    ),

    touched_key as (
        select r.row_key
        from {{ row_key }} as r
        where r.file_id in (select file_id from read_anew)
        union
        select r.row_key
        from {{ row_key }} as r
        inner join {{ correction }} as c
            on
                r.file_id = c.file_id
                and r.sheet = c.sheet
                and r.row_number = c.row_number
        inner join changed_slip as s on c.by_file_id = s.by_file_id
        union
        select coalesce(l.person_key, b.person_key) as row_key
        from {{ link }} as l
        full outer join {{ built_link }} as b on l.person_key = b.person_key
        where l.linked_key is distinct from b.linked_key
    )

    select coalesce(l.linked_key, k.row_key) as person_key
    from touched_key as k
    left join {{ link }} as l on k.row_key = l.person_key
    union
    select coalesce(b.linked_key, k.row_key) as person_key
    from touched_key as k
    left join {{ built_link }} as b on k.row_key = b.person_key
    union
    select c.person_key
    from {{ confirmed }} as c
    cross join {{ this_build }} as build
    where (c.confirmed_until < build.run_date) <> (c.confirmed_until < build.built_run_date)
{%- endif %}
